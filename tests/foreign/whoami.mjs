// Asks STS who each profile named on the command line is, by the AWS SDK for JavaScript. An empty
// name means no profile: what the environment gives. With -ini first, by the provider fromIni alone.
// Prints one JSON object for each: profile, arn or error, and seconds.
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { fromIni } from "@aws-sdk/credential-providers";

const named = process.argv.slice(2);
const alone = named[0] === "-ini";
for (const profile of alone ? named.slice(1) : named) {
  const begun = performance.now();
  const told = { profile };
  try {
    const client = new STSClient({
      ...(profile && { profile }),
      ...(alone && { credentials: fromIni({ profile }) }),
    });
    told.arn = (await client.send(new GetCallerIdentityCommand({}))).Arn;
  } catch (error) {
    told.error = String(error.message);
  }
  told.seconds = (performance.now() - begun) / 1000;
  console.log(JSON.stringify(told));
}
