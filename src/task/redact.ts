import { inTexts, inTextsAndNames } from "../log/in-texts.ts";
import type { Redactor } from "../log/redactor.ts";
import { plain } from "../log/text.ts";
import type { TaskResult } from "./ends.ts";

/**
 * The result as it leaves for the summary, a comment and the outputs: without secrets in what somebody said, and
 * everything as it was that is a path or a word of ours. What an agent said has none since its stream was read. Pure.
 */
export function redacted(result: TaskResult, { redact }: Redactor): TaskResult {
  const { failure, warnings, outputs, tail, changes } = result;
  const files = changes?.files.map((file) => ({ ...file, path: redact(file.path) }));
  return {
    ...result,
    failure: failure && { ...failure, message: redact(failure.message) },
    warnings: inTexts(warnings, redact),
    outputs: inTextsAndNames(outputs, redact),
    changes: changes && { ...changes, files: files ?? [] },
    tail: redact(plain(tail)), // a colour may part a secret
  };
}
