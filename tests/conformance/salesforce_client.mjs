// jsforce, reading and writing one org. Usage: node salesforce_client.mjs <address> <user> <password and token>
// Prints what it saw as one JSON object.
import jsforce from "jsforce";

const company = "jsforce";
const version = "59.0";
const polling = { pollTimeout: 30000, pollInterval: 200 };
const [address, user, password] = process.argv.slice(2);

async function code(attempt) {
  try {
    await attempt();
  } catch (error) {
    return error.errorCode ?? error.message.split(":")[0];
  }
  return "accepted";
}

async function logIn() {
  const login = new jsforce.Connection({ loginUrl: address, version });
  const { id, organizationId } = await login.login(user, password);
  // The answer names a host of Salesforce's; the calls go to the sandbox.
  const org = new jsforce.Connection({ instanceUrl: address, accessToken: login.accessToken, version });
  const refused = await code(() => new jsforce.Connection({ loginUrl: address, version }).login(user, "wrong"));
  const expired = new jsforce.Connection({ instanceUrl: address, accessToken: "00D!nobody", version });
  const seen = { user: id, organization: organizationId, refused, session: await code(() => expired.limits()) };
  return [org, { ...seen, name: (await org.request("/services/oauth2/userinfo")).preferred_username }];
}

async function reads(org) {
  const contacts = await org.query("SELECT Id, LastName, Account.Name FROM Contact ORDER BY Id", { autoFetch: true, maxFetch: 100000 });
  const all = await org.query("SELECT Id FROM Contact", { autoFetch: true, maxFetch: 100000, scanAll: true });
  const described = await org.sobject("Contact").describe();
  return {
    contacts: contacts.records.map((one) => [one.Id, one.LastName, one.Account?.Name ?? null]),
    total: contacts.totalSize,
    all: all.records.map((one) => one.Id).sort(),
    found: (await org.sobject("Contact").find({ Id: contacts.records[0].Id }, ["LastName"])).map((one) => one.LastName),
    fields: described.fields.map((one) => one.name),
    objects: (await org.describeGlobal()).sobjects.map((one) => one.name),
    limits: (await org.limits()).DailyApiRequests.Max,
    used: org.limitInfo.apiUsage.used > 0,
    badQuery: await code(() => org.query("SELECT Nothing FROM Contact")),
  };
}

async function pages(org) {
  const rows = Array.from({ length: 250 }, (_, n) => ({ LastName: `Page ${n}`, Company: "jsforce paging", Phone: "1" }));
  const made = await org.sobject("Lead").create(rows, { allowRecursive: true });
  const query = "SELECT Id FROM Lead WHERE Company = 'jsforce paging'";
  const first = await org.query(query, { autoFetch: false, headers: { "Sforce-Query-Options": "batchSize=200" } });
  const second = await org.queryMore(first.nextRecordsUrl, { autoFetch: false });
  const ids = new Set([...first.records, ...second.records].map((one) => one.Id));
  return {
    paged: [first.records.length, first.done, second.records.length, second.done, second.totalSize],
    whole: made.every((one) => one.success && ids.has(one.id)),
  };
}

async function records(org) {
  const leads = org.sobject("Lead");
  const created = await leads.create({ LastName: "Single", Company: company, Email: "jsforce@sandbox.example", MC_Key__c: "a".repeat(32) });
  const updated = await leads.update({ Id: created.id, FirstName: "Zoë" });
  const gone = await leads.create({ LastName: "Gone", Company: company, Phone: "1" });
  const duplicate = await code(() => leads.create({ LastName: "Twice", Company: company, Phone: "1", MC_Key__c: "a".repeat(32) }));
  const deleted = await leads.destroy(gone.id);
  const audiences = org.sobject("MC_Audience__c");
  const upserts = [];
  for (const name of ["First", "Second"]) {
    upserts.push(await audiences.upsert([1, 2].map((n) => ({ Name: `${name} ${n}`, List_Id__c: `js${n}` })), "List_Id__c"));
  }
  return {
    steps: [created.success, updated.success, deleted.success],
    retrieved: (await leads.retrieve(created.id)).FirstName,
    missing: await code(() => leads.retrieve(gone.id)),
    duplicate,
    upserts: upserts.map((rows) => rows.map((row) => [row.success, row.created])),
    ids: upserts[1].map((row) => row.id),
  };
}

async function collections(org) {
  const leads = org.sobject("Lead");
  const row = (LastName) => ({ LastName, Company: company, Phone: "1" });
  const some = await leads.create([row("Row 1"), row(""), row("Row 2")]);
  const none = await leads.create([row("Never"), row("")], { allOrNone: true });
  const ids = some.filter((one) => one.success).map((one) => one.id);
  const updated = await leads.update(ids.map((Id) => ({ Id, FirstName: "Many" })));
  const deleted = await leads.destroy([ids[0]]);
  return {
    some: some.map((one) => one.errors.map((error) => error.statusCode)),
    none: none.map((one) => one.success),
    updated: updated.map((one) => one.success),
    deleted: deleted.map((one) => one.success),
    read: (await leads.retrieve(ids.slice(1))).map((one) => [one.LastName, one.FirstName]),
  };
}

async function bulk(org) {
  const input = [{ LastName: "Bulk, \"good\"", Company: company, Phone: "1" }, { LastName: "", Company: "no last name", Phone: "1" }];
  const inserted = await org.bulk2.loadAndWaitForResults({ object: "Lead", operation: "insert", input, ...polling });
  const audiences = [1, 3].map((n) => ({ Name: `Bulk ${n}`, List_Id__c: `js${n}` }));
  const upsert = { object: "MC_Audience__c", operation: "upsert", externalIdFieldName: "List_Id__c" };
  const upserted = await org.bulk2.loadAndWaitForResults({ ...upsert, input: audiences, ...polling });
  const stream = await org.bulk2.query(`SELECT Id, LastName FROM Lead WHERE Company = '${company}'`, polling);
  return {
    inserted: inserted.successfulResults.map((row) => row.LastName),
    failed: inserted.failedResults.map((row) => row.sf__Error),
    unprocessed: inserted.unprocessedRecords.length,
    upserted: Object.fromEntries(upserted.successfulResults.map((row) => [row.List_Id__c, row.sf__Created])),
    queried: (await stream.toArray()).map((row) => [row.Id, row.LastName]).sort(),
  };
}

const [org, login] = await logIn();
const seen = { login, reads: await reads(org) };
for (const part of [pages, records, collections, bulk]) seen[part.name] = await part(org);
console.log(JSON.stringify(seen));
