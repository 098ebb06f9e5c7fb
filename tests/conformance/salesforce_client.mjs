// jsforce, reading and writing one org. Usage: node salesforce_client.mjs <address> <user> <password and token>
// Prints what it saw as one JSON object.
import jsforce from "jsforce";

const [address, user, password] = process.argv.slice(2);
const version = "59.0";
const seen = {};

const login = new jsforce.Connection({ loginUrl: address, version });
seen.organization = (await login.login(user, password)).organizationId;
// The answer names a host of Salesforce's; the calls go to the sandbox.
const connection = new jsforce.Connection({ instanceUrl: address, accessToken: login.accessToken, version });

const contacts = await connection.query("SELECT Id, LastName, Account.Name FROM Contact ORDER BY Id", { autoFetch: true, maxFetch: 100000 });
seen.contacts = contacts.records.length;
seen.contactsTotal = contacts.totalSize;
const described = await connection.sobject("Contact").describe();
seen.fields = described.fields.length;
seen.limits = Object.keys(await connection.limits()).includes("DailyApiRequests");

const created = await connection.sobject("Lead").create({ LastName: "Conformance", Company: "jsforce", Email: "jsforce@sandbox.example", MC_Key__c: "a".repeat(32) });
seen.created = created.success;
seen.updated = (await connection.sobject("Lead").update({ Id: created.id, Company: "jsforce 2" })).success;
seen.company = (await connection.sobject("Lead").retrieve(created.id)).Company;
try {
  await connection.sobject("Lead").create({ LastName: "Second", Company: "jsforce", Phone: "1", MC_Key__c: "a".repeat(32) });
} catch (error) {
  seen.duplicate = error.errorCode ?? error.name;
}
try {
  await connection.query("SELECT Nothing FROM Contact");
} catch (error) {
  seen.badQuery = error.errorCode ?? error.name;
}
const rows = [1, 2, 3].map((n) => ({ Name: `List ${n}`, List_Id__c: `conf${n}` }));
const upserted = await connection.sobject("MC_Audience__c").upsert(rows, "List_Id__c");
seen.upserted = upserted.map((row) => row.success);

const ingested = await connection.bulk2.loadAndWaitForResults({
  object: "Lead",
  operation: "insert",
  input: [{ LastName: "Bulk one", Company: "jsforce", Phone: "1" }, { LastName: "", Company: "no last name", Phone: "1" }],
  pollTimeout: 30000,
  pollInterval: 200,
});
seen.bulk = { good: ingested.successfulResults.length, bad: ingested.failedResults.length };
const stream = await connection.bulk2.query("SELECT Id, LastName FROM Lead WHERE Company LIKE 'jsforce%'", { pollTimeout: 30000, pollInterval: 200 });
seen.bulkQuery = (await stream.toArray()).map((row) => row.LastName).sort();
seen.deleted = (await connection.sobject("Lead").destroy(created.id)).success;
console.log(JSON.stringify(seen));
