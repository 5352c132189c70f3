/** A stand-in of the Gemini API (`streamGenerateContent`): three turns, one shell command, one file. */
import {
  type Asked,
  type Model,
  type ModelOptions,
  said,
  sendEvents,
  sendJson,
  startModel,
  type Turn,
} from "./server.ts";

const failures = {
  "wrong key": [400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."],
  "rate limit": [429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."],
  "no credit": [
    429,
    "RESOURCE_EXHAUSTED",
    "You exceeded your current quota, please check your plan and billing details.",
  ],
  overloaded: [503, "UNAVAILABLE", "The model is overloaded. Please try again later."],
} as const;

export function startGemini(options: ModelOptions = {}): Promise<Model> {
  return startModel(options, turnOf, respond, (fault, response) => {
    const [code, status, message] = failures[fault];
    sendJson(response, code, { error: { code, message, status } });
  });
}

function turnOf(body: Asked["body"]): number {
  const contents: { parts?: object[] }[] = body?.contents ?? [];
  return contents.flatMap(({ parts }) => parts ?? []).filter((part) => "functionResponse" in part)
    .length;
}

function respond(asked: Asked, turn: Turn, response: Parameters<typeof sendEvents>[0]): void {
  const usageMetadata = {
    promptTokenCount: 100,
    cachedContentTokenCount: 20,
    candidatesTokenCount: 10,
    totalTokenCount: 110,
  };
  const answerOf = (parts: object[], finishReason?: string) => ({
    candidates: [{ content: { role: "model", parts }, index: 0, finishReason }],
    usageMetadata,
    modelVersion: "stand-in",
  });
  if (asked.path.includes("countTokens")) {
    sendJson(response, 200, { totalTokens: 100 });
  } else if (asked.path.includes("streamGenerateContent")) {
    const parts = partsOf(asked, turn);
    const events = parts.map((part, index) => ({
      data: answerOf([part], index === parts.length - 1 ? "STOP" : undefined),
    }));
    sendEvents(response, events, turn.cut);
  } else {
    // side questions: which model, what comes next
    const text = JSON.stringify({ reasoning: "none", next_speaker: "user", model_choice: "flash" });
    sendJson(response, 200, answerOf([{ text }], "STOP"));
  }
}

function partsOf(asked: Asked, { number, file, answer }: Turn): object[] {
  const call = (name: string, args: object) => ({ functionCall: { name, args } });
  if (number === 0) {
    return [
      { text: said.first },
      call("run_shell_command", { command: "pwd", description: "Where" }),
    ];
  }
  if (number === 1) {
    const path = JSON.stringify(asked.body).includes("absolute_path")
      ? `/workspace/${file.name}`
      : file.name;
    return [{ text: said.second }, call("write_file", { file_path: path, content: file.text })];
  }
  return [{ text: answer }];
}
