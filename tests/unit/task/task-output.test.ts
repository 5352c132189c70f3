import { finished } from "node:stream/promises";
import { expect, it } from "vitest";
import { createRedactor } from "../../../src/log/redactor.ts";
import { TaskOutput } from "../../../src/task/task-output.ts";
import { sink, untrustedSink } from "../fakes.ts";

it("keeps a transcript without secrets, though they come in pieces", async () => {
  const transcript = sink();
  const redactor = createRedactor(["s3cret_value"]);
  const output = new TaskOutput(() => transcript.stream, untrustedSink(), redactor);
  output.write(Buffer.from("a s3cret"));
  output.write(Buffer.from("_value b\ns3cr"));
  await output.show({ title: "> s3cret_value", text: "folded s3cret_value" });
  await output.show({ line: "s3cret_value" });
  output.end(Buffer.from("s3cret_val"));
  await finished(output);
  expect(transcript.text()).toBe("a *** b\ns3cr> ***\nfolded ***\n***\ns3cret_val");
});
