import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * `java HikariProgram.java JDBC_URL USER`: PostgreSQL's JDBC driver behind HikariCP, as
 * docs/connect.md sets it up. The rows come on standard input, see application.py beside this.
 */
class HikariProgram {
  private static final String INSERT =
      "INSERT INTO ledger (run, number, payload, checksum) VALUES (?, ?, ?, ?) "
          + "RETURNING current_setting('cluster_name')";

  public static void main(String[] arguments) throws Exception {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(arguments[0]);
    config.setUsername(arguments[1]);
    config.setPassword(System.getenv("PGPASSWORD"));
    config.setMinimumIdle(1);
    config.setMaximumPoolSize(3);
    config.setConnectionTimeout(5000);
    config.setValidationTimeout(1000);
    config.setInitializationFailTimeout(-1);
    try (HikariDataSource pool = new HikariDataSource(config)) {
      answer(pool);
    }
  }

  private static void answer(HikariDataSource pool) throws Exception {
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      System.out.println(write(pool, line.split("\t")));
      System.out.flush();
    }
  }

  private static String write(HikariDataSource pool, String[] row) {
    try (Connection connection = pool.getConnection();
        PreparedStatement statement = connection.prepareStatement(INSERT)) {
      statement.setString(1, row[0]);
      statement.setLong(2, Long.parseLong(row[1]));
      statement.setString(3, row[2]);
      statement.setString(4, row[3]);
      try (ResultSet found = statement.executeQuery()) {
        found.next();
        return "ok\t" + found.getString(1);
      }
    } catch (SQLException error) {
      return "failed\t" + String.valueOf(error.getMessage()).replaceAll("\\s+", " ");
    }
  }
}
