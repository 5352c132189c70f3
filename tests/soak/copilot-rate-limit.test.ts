import { copilotEnvironment, startCopilot } from "../harness/models/copilot.ts";
import { testAgent } from "../integration/agents/agent.ts";

// The real Copilot CLI tries a rate limit again for a minute.
testAgent({
  agent: "copilot",
  startModel: startCopilot,
  inputs: (url) => ({
    env: Object.entries(copilotEnvironment(url))
      .map((pair) => pair.join("="))
      .join("\n"),
  }),
  structured: false,
  faults: ["rate limit"],
});
