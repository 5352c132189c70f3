import { type Builder, BuildFailed, type Parent } from "./build.ts";

/** How builders of several versions say that they could not fetch what they were to build on. */
const notFetched =
  /failed to resolve source metadata|failed to create LLB definition|failed to (?:copy|load cache key)\b|failed to authorize/i;

/**
 * A builder that builds on the engine's own copy where it cannot fetch the parent by itself: a builder knows less of
 * mirrors and certificates than `docker pull` does.
 *
 * @param bring has the engine pull the parent, and gives it a name that only this engine has; undefined when that gets
 *   nothing either
 */
export function bringingParents(
  builder: Builder,
  bring: (reference: string) => Promise<Parent | undefined>,
): Builder {
  return {
    async build(layer, parent, output) {
      try {
        await builder.build(layer, parent, output);
      } catch (error) {
        const wants = error instanceof BuildFailed && notFetched.test(error.tail);
        const here = wants && parent.anywhere ? await bring(parent.reference) : undefined;
        if (here === undefined) {
          throw error;
        }
        await builder.build(layer, here, output);
      }
    },
  };
}
