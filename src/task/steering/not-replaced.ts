import { Trouble } from "../../log/trouble.ts";

/** A stranger's steering files could not be taken away: then there is no task. */
export class NotReplaced extends Trouble {
  constructor(why: string) {
    super(
      `the files of a stranger that steer an agent could not be replaced, so no task is started: ${why}`,
    );
  }
}
