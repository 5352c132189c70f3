import { startAnthropic } from "../../harness/models/anthropic.ts";
import { testAgent } from "./agent.ts";

// The real Claude Code from npm. Costs about a minute where no other file has it yet: 400 MB are installed.
testAgent({
  agent: "claude",
  startModel: startAnthropic,
  inputs: (url) => ({
    "agent-max-cost": "2.50", // the stand-in's three turns cost less than a cent
    env: `ANTHROPIC_API_KEY=sk-ant-stand-in\nANTHROPIC_BASE_URL=${url}\nCLAUDE_CODE_MAX_RETRIES=0`,
  }),
  structured: true,
});
