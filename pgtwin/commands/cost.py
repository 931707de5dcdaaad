"""`pgtwin cost`."""

import typer

from pgtwin.commands.options import DEFAULT_CONFIG, Config, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: pgtwin cost --config config/lab.yaml")(cost)


def cost(config: Config = DEFAULT_CONFIG, json: Json = False) -> None:
    """Estimate the monthly bill of a configuration.

    By item, from list prices. Needs no AWS.
    """
    from pgtwin.commands.desk import Desk
    from pgtwin.cost.estimate import estimate
    from pgtwin.cost.prices import Prices

    desk = Desk(config, as_json=json)
    prices = Prices.load()
    items = estimate(desk.topology, prices)
    total = sum(item.dollars for item in items)
    lines = [f"{item.site:8} {item.what:44} {item.dollars:9.2f}" for item in items]
    document = {
        "currency": "USD",
        "month_hours": prices.month_hours,
        "as_of": prices.as_of,
        "source": prices.source,
        "items": [{"site": i.site, "what": i.what, "dollars": round(i.dollars, 2)} for i in items],
        "total": round(total, 2),
    }
    text = [*lines, f"{'':8} {'total per month, USD':44} {total:9.2f}", "", prices.note]
    desk.result(document, "\n".join(text))
