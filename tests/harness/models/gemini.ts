/**
 * A stand-in of Google's Gemini API, as far as Gemini CLI uses it: a conversation of three turns,
 * streamed. https://ai.google.dev/api/generate-content has the shapes.
 */
import * as z from "zod";
import {
  type Fault,
  failing,
  type Model,
  type ModelOptions,
  says,
  sendEvents,
  sendJson,
  startModel,
} from "./server.ts";

const part = z.looseObject({
  functionCall: z.unknown().optional(),
  functionResponse: z.unknown().optional(),
});
const request = z.looseObject({
  contents: z.array(z.looseObject({ role: z.string().optional(), parts: z.array(part) })),
  tools: z.array(z.unknown()).default([]),
  generationConfig: z.looseObject({ responseMimeType: z.string().optional() }).optional(),
});
type Request = z.infer<typeof request>;

const help = "type.googleapis.com/google.rpc";

/** What the API says to each fault. It has no 401: a wrong key is an invalid argument. */
const refusals: Readonly<
  Record<Exclude<Fault, "cut">, readonly [number, string, string, object[]]>
> = {
  "wrong key": [
    400,
    "INVALID_ARGUMENT",
    "API key not valid. Please pass a valid API key.",
    [
      {
        "@type": `${help}.ErrorInfo`,
        reason: "API_KEY_INVALID",
        domain: "googleapis.com",
        metadata: { service: "generativelanguage.googleapis.com" },
      },
    ],
  ],
  "rate limit": [
    429,
    "RESOURCE_EXHAUSTED",
    "You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 5\nPlease retry in 1s.",
    [
      {
        "@type": `${help}.QuotaFailure`,
        violations: [
          {
            quotaMetric: "generativelanguage.googleapis.com/generate_content_free_tier_requests",
            quotaId: "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
            quotaValue: "5",
          },
        ],
      },
      { "@type": `${help}.RetryInfo`, retryDelay: "1s" },
    ],
  ],
  "no credit": [
    429,
    "RESOURCE_EXHAUSTED",
    "Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and billing.",
    [],
  ],
  overloaded: [503, "UNAVAILABLE", "The model is overloaded. Please try again later.", []],
};

/** Starts it. Its `url` is what `GOOGLE_GEMINI_BASE_URL` takes. */
export function startGemini(options: ModelOptions = {}): Promise<Model> {
  const fails = failing(options);
  return startModel(({ path, body }, response) => {
    const parsed = request.safeParse(body);
    const [, model = "", verb] = /\/models\/([^:/]+):(\w+)/.exec(path) ?? [];
    if (!parsed.success || verb === undefined) {
      sendJson(response, 404, { error: { code: 404, message: "Not found", status: "NOT_FOUND" } });
      return;
    }
    if (verb === "countTokens") {
      sendJson(response, 200, { totalTokens: 120 });
      return;
    }
    const results = resultsOf(parsed.data);
    const fault = fails(results.length === 1 && verb === "streamGenerateContent");
    if (fault !== undefined && fault !== "cut") {
      const [code, status, message, details] = refusals[fault];
      const error = { code, message, status, ...(details.length > 0 && { details }) };
      sendJson(response, code, { error });
    } else if (verb === "streamGenerateContent") {
      const parts = turn(parsed.data, results, options);
      const events = parts.map((one, at) => ({
        data: chunk(model, one, at === parts.length - 1),
      }));
      sendEvents(response, events, fault === "cut");
    } else {
      sendJson(response, 200, chunk(model, { text: side(parsed.data) }, true));
    }
  }, options.host);
}

/** What the tools have answered since the last finished conversation: a resumed one starts anew. */
function resultsOf({ contents }: Request): unknown[] {
  const finished = contents.findLastIndex(
    ({ role, parts }) => role === "model" && !parts.some((one) => one.functionCall !== undefined),
  );
  return contents
    .slice(finished + 1)
    .flatMap(({ parts }) => parts)
    .flatMap(({ functionResponse }) => (functionResponse === undefined ? [] : [functionResponse]));
}

function turn(
  { tools }: Request,
  results: readonly unknown[],
  { content = says.content, message = says.message }: ModelOptions,
): object[] {
  if (tools.length === 0) {
    return [{ text: message }];
  }
  const use = (name: string, args: object) => ({
    functionCall: { name, args },
    thoughtSignature: "c2lnbmF0dXJl",
  });
  if (results.length === 0) {
    const args = { command: says.command, description: "Look around" };
    return [{ text: says.first }, use("run_shell_command", args)];
  }
  if (results.length === 1) {
    const [folder = ""] = JSON.stringify(results[0]).match(/\/[^"\\]*/) ?? [];
    return [
      { text: says.second },
      use("write_file", { file_path: `${folder}/answer.txt`, content }),
    ];
  }
  return [{ text: message }];
}

/** An answer to its own small questions: how hard the task is, which model suits. */
function side({ generationConfig }: Request): string {
  return generationConfig?.responseMimeType === "application/json"
    ? JSON.stringify({
        complexity_reasoning: "simple",
        complexity_score: 10,
        reasoning: "simple",
        model_choice: "flash",
      })
    : "A title";
}

function chunk(model: string, one: object, last: boolean): object {
  return {
    candidates: [
      {
        content: { role: "model", parts: [one] },
        index: 0,
        ...(last && { finishReason: "STOP" }),
      },
    ],
    modelVersion: model,
    responseId: "response-1",
    usageMetadata: {
      promptTokenCount: 160,
      cachedContentTokenCount: 40,
      candidatesTokenCount: 15,
      totalTokenCount: 175,
    },
  };
}
