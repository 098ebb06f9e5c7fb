// formulon, a Salesforce formula engine of others: a formula with its values as JSON on each line in, its result out.
import { createInterface } from "node:readline";
import formulon from "formulon";

for await (const line of createInterface({ input: process.stdin })) {
  const { formula, values } = JSON.parse(line);
  for (const value of Object.values(values)) {
    if (value.dataType === "date" && value.value !== null) value.value = new Date(value.value);
  }
  let result;
  try {
    result = formulon.parse(formula, values);
  } catch (error) {
    result = { type: "error", message: String(error) };
  }
  process.stdout.write(JSON.stringify({ type: result.type, kind: result.dataType, value: result.value ?? null }) + "\n");
}
