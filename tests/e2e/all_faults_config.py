"""Two files with every fault of the catalog that files can have, at once."""

CONFIG = """\
[default]
region = eu-west-1
[profile default]
region = eu-west-2
[DEFAULT]
output = json
[profile twice]
region = eu-west-1
[profile twice]
region = eu-west-2
[profile flat-block]
region = eu-west-1
s3 =
max_queue_size = 100
[profile double]
region = eu-west-1
Region = eu-west-2
[profile same]
region = eu-west-1
[profile "same"]
region = eu-west-1
[bare]
region = eu-west-1
[profile spaced name]
region = eu-west-1
[profile "with space"]
region = eu-west-1
[profile comment]
region = eu-west-1 # home
[profile quoted]
region = "eu-west-1"
[profile colon]
region: eu-west-1
[profile glued]
region = eu-west-1[profile behind]
output = json
[profile indented]
region = eu-west-1
  output = json
[profile nothing]
this line has no sign
[profile settings]
# aws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY
region = eu-west-1
retry_mode = Standard
use_fips_endpoint = yes
ca_bundle = /nowhere/ca.pem
[profile left-over]
region = eu-west-1
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
aws_session_token = x
[profile shapes]
region = eu-west-1
aws_access_key_id = akiaiosfodnn7example
aws_secret_access_key = x
[profile near]
regoin = eu-west-1
region = eu-wst-1
[profile no-source]
role_arn = arn:aws:iam::210987654321:role/A
region = eu-west-1
[profile two-sources]
role_arn = arn:aws:iam::210987654321:role/A
source_profile = plain
credential_source = Environment
region = eu-west-1
[profile no-such-source]
role_arn = arn:aws:iam::210987654321:role/A
source_profile = plian
region = eu-west-1
[profile cycle-a]
role_arn = arn:aws:iam::210987654321:role/A
source_profile = cycle-b
region = eu-west-1
[profile cycle-b]
role_arn = arn:aws:iam::210987654321:role/A
source_profile = cycle-a
region = eu-west-1
[profile self]
role_arn = arn:aws:iam::210987654321:role/A
source_profile = self
region = eu-west-1
[profile empty]
region = eu-west-1
[profile on-empty]
role_arn = arn:aws:iam::210987654321:role/A
source_profile = empty
region = eu-west-1
[profile keys-and-role]
role_arn = arn:aws:iam::210987654321:role/A
source_profile = plain
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = x
region = eu-west-1
[profile on-keys-and-role]
role_arn = arn:aws:iam::210987654321:role/B
source_profile = keys-and-role
region = eu-west-1
[profile orphans]
mfa_serial = arn:aws:iam::123456789012:mfa/alice
external_id = x
region = eu-west-1
[profile both]
role_arn = arn:aws:iam::210987654321:role/A
credential_process = /usr/bin/true
region = eu-west-1
[profile shadowed]
credential_process = /usr/bin/true
region = eu-west-1
[profile role-hidden]
role_arn = arn:aws:iam::210987654321:role/A
source_profile = plain
region = eu-west-1
[profile bad-source]
role_arn = arn:aws:iam::210987654321:role/A
credential_source = environment
region = eu-west-1
[profile short]
role_arn = arn:aws:iam::210987654321:role/A
source_profile = plain
duration_seconds = 900
region = eu-west-1
[profile chained]
role_arn = arn:aws:iam::210987654321:role/C
source_profile = short
duration_seconds = 7200
mfa_serial = arn:aws:iam::123456789012:mfa/alice
region = eu-west-1
[profile no-role]
source_profile = plain
region = eu-west-1
[profile with-code]
role_arn = arn:aws:iam::210987654321:role/A
source_profile = plain
mfa_serial = arn:aws:iam::123456789012:mfa/alice
region = eu-west-1
[profile traced]
role_arn = arn:aws:iam::210987654321:role/A
source_profile = plain
source_identity = alice
region = eu-west-1
[profile two-keys]
credential_process = awsprof credential-process two-keys --key AKIAI44QH8DHBEXAMPLE
region = eu-west-1
[profile bad-arn]
role_arn = arn:aws:iam::210987654321:rule/A
source_profile = plain
region = eu-west-1
[profile fido]
role_arn = arn:aws:iam::210987654321:role/A
source_profile = plain
mfa_serial = arn:aws:iam::123456789012:u2f/user/alice/key
region = eu-west-1
[profile china]
role_arn = arn:aws-cn:iam::210987654321:role/A
source_profile = global
region = cn-north-1
[profile global]
role_arn = arn:aws:iam::210987654321:role/G
source_profile = plain
region = us-east-1
[profile no-region]
role_arn = arn:aws:iam::210987654321:role/A
source_profile = plain
[profile web]
role_arn = arn:aws:iam::210987654321:role/A
web_identity_token_file = /nowhere/token
source_profile = plain
region = eu-west-1
[profile gone]
credential_process = ~/nowhere/program $HOME
region = eu-west-1
[profile unsessioned]
sso_session = nobody
sso_account_id = 123456789012
sso_role_name = Developer
region = eu-west-1
[sso-session corp]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-west-1
[profile corp]
sso_session = corp
sso_account_id = 12345
region = eu-west-1
[profile conflict]
sso_session = corp
sso_start_url = https://other.awsapps.com/start
sso_account_id = 123456789012
sso_role_name = Developer
region = eu-west-1
[sso-session half]
sso_region = eu-west-1
sso_registration_scopes = sso:account:access
[profile half]
sso_session = half
sso_account_id = 123456789012
sso_role_name = Developer
region = eu-west-1
[profile legacy]
sso_start_url = https://legacy.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = Developer
region = eu-west-1
[profile served]
services = nobody
region = eu-west-1
[profile login]
login_session = arn:aws:iam::123456789012:user/alice
region = eu-west-1
"""

CREDENTIALS = """\
[two-keys]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
[plain]
aws_access_key_id = {id}
aws_secret_access_key = {secret}
[profile prefixed]
aws_access_key_id = AKIAI44QH8DHBEXAMPLE
aws_secret_access_key = x
[shadowed]
aws_access_key_id = AKIAI44QH8DHBEXAMPLE
aws_secret_access_key = x
[role-hidden]
aws_access_key_id = AKIAI44QH8DHBEXAMPLE
aws_secret_access_key = x
[halved]
aws_access_key_id = AKIAI44QH8DHBEXAMPLE
[tokenless]
aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = x
[stale]
aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = x
aws_security_token = y
[pasted]
export AWS_DEFAULT_REGION=eu-west-1
[sso-session misplaced]
sso_region = eu-west-1
"""
