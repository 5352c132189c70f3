import { startGemini } from "../../harness/models/gemini.ts";
import { testAgent } from "./agent.ts";

// The real Gemini CLI from npm.
testAgent({
  agent: "gemini",
  startModel: startGemini,
  inputs: (url) => ({
    env: `GEMINI_API_KEY=stand-in\nGOOGLE_GEMINI_BASE_URL=${url}`,
    "agent-model": "gemini-2.5-pro",
    "agent-settings": JSON.stringify({
      // an address of one's own asks for another way to log in, unless this says which
      security: { auth: { selectedType: "gemini-api-key" } },
      general: { maxAttempts: 1 },
    }),
  }),
  structured: false,
});
