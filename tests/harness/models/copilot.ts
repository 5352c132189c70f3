/**
 * A stand-in for the Copilot CLI. GitHub's own API, with its tokens and lists of models, is not played:
 * the tool takes any model's API by these variables, and speaks the Responses API to it as Codex does.
 */
import { startOpenAi } from "./openai.ts";
import type { Model, ModelOptions } from "./server.ts";

export function startCopilot(options: ModelOptions = {}): Promise<Model> {
  return startOpenAi(options);
}

/** What sends `copilot` to a stand-in, and nowhere else. */
export function copilotEnvironment(url: string): Record<string, string> {
  return {
    COPILOT_PROVIDER_BASE_URL: `${url}/v1`,
    COPILOT_PROVIDER_API_KEY: "sk-test",
    // else it speaks the older Chat Completions API
    COPILOT_PROVIDER_WIRE_API: "responses",
    // a model that it knows: what tools it offers depends on that
    COPILOT_MODEL: "gpt-5.4",
    COPILOT_OFFLINE: "true",
  };
}
