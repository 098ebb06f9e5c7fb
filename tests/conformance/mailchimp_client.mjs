// Mailchimp's own Node client, reading and writing one audience. Usage: node mailchimp_client.mjs <address> <api key>
// Prints what it saw as one JSON object.
import mailchimp from "@mailchimp/mailchimp_marketing";
import { createHash } from "node:crypto";

const [address, apiKey] = process.argv.slice(2);
mailchimp.setConfig({ apiKey, server: "us1" });
mailchimp.basePath = `${address}/3.0`;

const email = "conformance.node@sandbox.example";
const hash = createHash("md5").update(email).digest("hex");
const seen = {};

seen.health = (await mailchimp.ping.get()).health_status;
seen.lists = (await mailchimp.lists.getAllLists({ count: 1000 })).lists.map(({ id, name }) => ({ id, name }));
const list = seen.lists[0].id;

seen.members = 0;
for (let offset = 0, total = 1; offset < total; offset += 100) {
  const page = await mailchimp.lists.getListMembersInfo(list, { count: 100, offset, fields: ["members.id", "total_items"] });
  total = page.total_items;
  seen.members += page.members.length;
}

const put = await mailchimp.lists.setListMember(list, hash, {
  email_address: email,
  status_if_new: "subscribed",
  merge_fields: { FNAME: "Zoë", LNAME: "Ångström" },
}, { skipMergeValidation: true });
seen.added = { id: put.id, status: put.status, name: put.merge_fields.FNAME };
seen.changed = (await mailchimp.lists.updateListMember(list, hash, { merge_fields: { FNAME: "Zoe" } }, { skipMergeValidation: true })).merge_fields.FNAME;
await mailchimp.lists.updateListMemberTags(list, hash, { tags: [{ name: "Conformance", status: "active" }] });
seen.tags = (await mailchimp.lists.getListMemberTags(list, hash)).tags.map((tag) => tag.name);
await mailchimp.lists.deleteListMember(list, hash);
seen.archived = (await mailchimp.lists.getListMember(list, hash)).status;

try {
  await mailchimp.lists.getListMember(list, createHash("md5").update("nobody@sandbox.example").digest("hex"));
} catch (error) {
  seen.missing = { status: error.status, title: error.response.body.title };
}
try {
  await mailchimp.lists.setListMember(list, hash, { email_address: email, status: "no such status", status_if_new: "subscribed" });
} catch (error) {
  seen.refused = { status: error.status, title: error.response.body.title };
}
console.log(JSON.stringify(seen));
