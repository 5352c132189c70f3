import { answerParent } from "./images/actions-cache/entries/program.ts";

// The process beside the action that talks to the Actions cache.
answerParent();
