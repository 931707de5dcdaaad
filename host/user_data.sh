#!/bin/bash
# The same bytes on every machine of every site: what changes travels in the bundle that an SSM
# parameter names. A change here would stop and start every machine and run nothing.
set -Eeuo pipefail
export DEBIAN_FRONTEND=noninteractive
root=${PGTWIN_ROOT:-}
log=$root/var/log/pgtwin-user-data.log
program=$root/opt/pgtwin/host.pyz
self=$root/opt/pgtwin/user-data.sh
failing=$self.failing
units=$root/etc/systemd/system
installed=$units/multi-user.target.wants/pgtwin-boot.service
exec > >(tee -a "$log") 2>&1

# cloud-init runs this once. What a power loss or a lost mirror left undone, this unit goes on with.
if [ "$0" != "$self" ]; then
  mkdir -p "${self%/*}" "$units"
  cp "$0" "$self"
  cat > "$units/pgtwin-install.service" <<UNIT
[Unit]
Description=pgtwin: install the host program
Wants=network-online.target
After=network-online.target
ConditionPathExists=!$installed

[Service]
Type=oneshot
ExecStart=/bin/bash $self
Restart=on-failure
RestartSec=60s

[Install]
WantedBy=multi-user.target
UNIT
  systemctl enable pgtwin-install.service
  sync
fi

# The machine may boot before its way to the internet is there, or its role to be used.
retry() {
  local code pause
  for pause in 5 10 20 40 60 60 60 60 0; do
    code=0
    "$@" || code=$?
    case $code in 0) return 0 ;; 2) return 2 ;; esac
    sleep "$pause"
  done
  return "$code"
}

first_stage() {
  python3 - "$@" <<'PYTHON'
import hashlib, io, json, os, pathlib, sys, urllib.request, zipfile

import boto3

ENDPOINT = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254")


def call(method, url, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, headers, method=method)
    return urllib.request.urlopen(request, timeout=10).read()


def imds(path):
    latest = ENDPOINT.rstrip("/") + "/latest/"
    token = call("PUT", latest + "api/token", X_aws_ec2_metadata_token_ttl_seconds="60")
    return call("GET", latest + path, X_aws_ec2_metadata_token=token.decode()).decode()


region = imds("meta-data/placement/region")
system, site, node = (
    imds("meta-data/tags/instance/pgtwin:" + tag) for tag in ("system", "site", "node")
)


def parameter(name):
    path = f"/pgtwin/{system}/{site}/{name}"
    found = boto3.client("ssm", region_name=region).get_parameter(Name=path)
    return found["Parameter"]["Value"]


def fetch(program):
    pointer = json.loads(parameter("bundle"))
    s3 = boto3.client("s3", region_name=region)
    bundle = s3.get_object(Bucket=pointer["bucket"], Key=pointer["key"])["Body"].read()
    if hashlib.sha256(bundle).hexdigest() != pointer["sha256"]:
        print(f"s3://{pointer['bucket']}/{pointer['key']} is not {pointer['sha256']}")
        sys.exit(2)
    path = pathlib.Path(program)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zipfile.ZipFile(io.BytesIO(bundle)).read("host.pyz"))


def fail(log):
    lines = pathlib.Path(log).read_text(errors="replace").splitlines()
    reason = f"{node}: user-data failed: " + " | ".join(lines[-12:])[-700:]
    signal = {"Status": "FAILURE", "Reason": reason, "UniqueId": node, "Data": ""}
    call("PUT", parameter("signal"), json.dumps(signal).encode(), Content_Type="")


{"fetch": fetch, "fail": fail}[sys.argv[1]](sys.argv[2])
PYTHON
}

# As host/setup/passing_faults.py: tells at once what cannot pass, the rest after 15 minutes of it.
failed() {
  local code=$?
  trap - ERR
  sleep 1
  : >> "$failing"
  if [ "$code" = 2 ] || [ $(($(date +%s) - $(stat --format %Y "$failing"))) -ge 900 ]; then
    first_stage fail "$log" || true
  fi
  [ "$0" = "$self" ] || systemctl start --no-block pgtwin-install.service
  exit "$code"
}

trap failed ERR
retry apt-get update
retry apt-get install --yes --no-install-recommends python3-boto3 xfsprogs
retry first_stage fetch "$program"

# Its own unit tries again; until the program has installed that, this one does.
python3 "$program" --root "${root:-/}" boot || systemctl start --no-block pgtwin-boot.service
