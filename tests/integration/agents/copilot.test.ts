import { copilotEnvironment, startCopilot } from "../../harness/models/copilot.ts";
import { testAgent } from "./agent.ts";

// The real Copilot CLI from npm, with a model of one's own: GitHub's cannot be had.
// It tries a rate limit again for a minute: that is in tests/soak.
testAgent({
  agent: "copilot",
  startModel: startCopilot,
  inputs: (url) => ({
    env: Object.entries(copilotEnvironment(url))
      .map((pair) => pair.join("="))
      .join("\n"),
  }),
  structured: false,
  faults: ["wrong key", "cut"],
});
