// What the AWS SDK for JavaScript reads in files. Arguments: a config file, a credentials file, and
// how many pairs there are, which end in .0, .1 and so on. Prints a JSON list, one entry a pair.
import { loadSharedConfigFiles } from "@smithy/core/config";

const [config, credentials, count] = process.argv.slice(2);
const read = [];
for (let number = 0; number < Number(count); number += 1) {
  const [configFilepath, filepath] = [`${config}.${number}`, `${credentials}.${number}`];
  read.push(await loadSharedConfigFiles({ configFilepath, filepath }));
}
console.log(JSON.stringify(read));
