import { Trouble } from "../log/trouble.ts";
import { withAdvice } from "./advice.ts";
import { readRefusal } from "./words.ts";

/** The engine does not answer as it should; what it said is in the message. */
export class EngineTrouble extends Trouble {}

/** The docker command was not found on the PATH: without it nothing can be done. */
export class NoDocker extends Trouble {
  constructor() {
    super(
      "the docker command was not found; install Docker with buildx, or podman, on this runner (GitHub's hosted Linux runners have both)",
    );
  }
}

/** There is no engine that can be used: without one no task can run at all. The message says why not. */
export class NoEngine extends Trouble {
  constructor(said: string) {
    const refusal = readRefusal(said);
    const isElsewhere = /^SSH: |\bby SSH\b|\b(?:tcp|https?):\/\//.test(refusal.reason);
    const hangs = refusal.kind === "too slow" ? "; see whether it hangs, and start it anew" : "";
    super(
      refusal.kind === "unreachable" && !isElsewhere
        ? `no Docker engine answers on this runner. Start one, or set DOCKER_HOST. ${refusal.reason}`
        : `the Docker engine cannot be used: ${withAdvice(refusal)}${hangs}`,
    );
  }
}

/** A container could not be made, started or read: not the task's failure, but the task has none. */
export class ContainerTrouble extends EngineTrouble {}

/** A container was made and could not be started: nothing ran in it. */
export class NotStarted extends ContainerTrouble {}
