// Who the profile in AWS_PROFILE is to the AWS SDK for JavaScript.
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const client = new STSClient({});
const { Arn } = await client.send(new GetCallerIdentityCommand({}));
console.log(Arn);
