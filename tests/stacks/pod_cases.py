"""What the roles of pods may and may not do: the cases of test_pod_roles."""

from tests.stacks.machine_cases import (
    BASE,
    BASE_DR,
    DR,
    DUMP,
    ELSEWHERE,
    EVIDENCE,
    EW1,
    EW2,
    KEY,
    OTHER_KEY,
    PRIMARY,
    Case,
    arn,
    key,
)

DATABASE, DUMPS = "pgtwin-primary-database", "pgtwin-primary-dump"
BOTH = (DATABASE, DUMPS)
OWN, OTHERS = f"{PRIMARY}/physical/{BASE}", f"{DR}/physical-dr/{BASE_DR}"
_UPLOAD = ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
_IN_DUMPS = {"s3:prefix": "dumps/app_db/20261122T040000Z/"}

ALLOWED = (
    Case((DATABASE,), "s3:ListBucket", PRIMARY),
    Case((DATABASE,), "s3:ListBucket", DR),
    Case((DATABASE,), "s3:GetObject", OWN),
    Case((DATABASE,), "s3:GetObject", OTHERS),
    *(Case((DATABASE,), action, OWN) for action in ("s3:DeleteObject", *_UPLOAD)),
    Case((DUMPS,), "s3:ListBucket", PRIMARY, _IN_DUMPS),
    Case((DUMPS,), "s3:GetObject", f"{PRIMARY}/{DUMP}"),
    *(Case((DUMPS,), action, f"{bucket}/{DUMP}") for bucket in (PRIMARY, DR) for action in _UPLOAD),
    *(
        Case(BOTH, action, arn("kms", EW1, KEY), key("primary", EW1))
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
    ),
    Case(BOTH, "kms:Decrypt", arn("kms", EW2, KEY), key("dr", EW2)),
    Case((DUMPS,), "kms:GenerateDataKey", arn("kms", EW2, KEY), key("dr", EW2)),
)
DENIED = (
    # Each kind of pod has its own half of the backups, and the other site's archive is only read.
    *(
        Case((DATABASE,), action, f"{bucket}/{DUMP}")
        for bucket in (PRIMARY, DR)
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    ),
    *(
        Case((DUMPS,), action, each)
        for each in (OWN, OTHERS)
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    ),
    Case((DUMPS,), "s3:ListBucket", PRIMARY, {"s3:prefix": "physical/"}),
    Case((DUMPS,), "s3:ListBucket", PRIMARY),
    Case((DATABASE,), "s3:PutObject", OTHERS),
    Case((DATABASE,), "s3:DeleteObject", OTHERS),
    Case((DUMPS,), "s3:DeleteObject", f"{PRIMARY}/{DUMP}"),
    Case((DUMPS,), "s3:GetObject", f"{DR}/{DUMP}"),
    Case(BOTH, "s3:DeleteObjectVersion", OWN),
    # What is the machine's stays the machine's.
    Case(BOTH, "s3:GetObject", f"{PRIMARY}/etcd/server-1-1795300000"),
    Case(BOTH, "s3:PutObject", f"{PRIMARY}/{EVIDENCE}"),
    Case(BOTH, "s3:PutObject", "arn:aws:s3:::issuer-of-primary/openid/v1/jwks"),
    Case(
        BOTH,
        "secretsmanager:GetSecretValue",
        arn("secretsmanager", EW1, "secret:pgtwin/primary/k3s-agent-token-AbCdEf"),
    ),
    Case(BOTH, "ec2:AttachVolume", arn("ec2", EW1, "volume/vol-0123456789abcdef0")),
    # A bucket that somebody else made under a name of ours.
    Case((DATABASE,), "s3:ListBucket", DR, ELSEWHERE),
    Case((DATABASE,), "s3:GetObject", OWN, ELSEWHERE),
    Case((DATABASE,), "s3:PutObject", OWN, ELSEWHERE),
    Case((DUMPS,), "s3:ListBucket", PRIMARY, {**_IN_DUMPS, **ELSEWHERE}),
    Case((DUMPS,), "s3:GetObject", f"{PRIMARY}/{DUMP}", ELSEWHERE),
    Case((DUMPS,), "s3:PutObject", f"{DR}/{DUMP}", ELSEWHERE),
    # Keys: through S3 alone, and no other's.
    Case((DATABASE,), "kms:GenerateDataKey", arn("kms", EW2, KEY), key("dr", EW2)),
    Case(BOTH, "kms:Decrypt", arn("kms", EW1, KEY), key("primary", EW1, "ec2")),
    Case(BOTH, "kms:Decrypt", arn("kms", EW2, KEY), key("dr", EW2, "ec2")),
    Case(BOTH, "kms:Decrypt", arn("kms", EW2, OTHER_KEY), key("other", EW2)),
)
