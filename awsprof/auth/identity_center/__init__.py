"""IAM Identity Center: signing in, the token cache shared with the AWS CLI, accounts and roles."""
