// Two SOQL parsers of others, jetstream's and Salesforce's own: a query as JSON on each line in, what each says out.
import { createInterface } from "node:readline";
import { parseQuery } from "@jetstreamapp/soql-parser-js";
import salesforce from "@salesforce/soql-common/lib/soql-parser/index.js";

console.error = () => {}; // where Salesforce's parser reports each refusal once more
const vendor = salesforce.SOQLParser({ isApex: false, isMultiCurrencyEnabled: true, apiVersion: 59.0 });

function accepts(parse) {
  try {
    return parse();
  } catch {
    return false;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const query = JSON.parse(line);
  const verdicts = {
    jetstream: accepts(() => Boolean(parseQuery(query))),
    salesforce: accepts(() => vendor.parseQuery(query).getSuccess()),
  };
  process.stdout.write(JSON.stringify(verdicts) + "\n");
}
