"""What AWS and botocore report, translated into one sentence and a fix."""
