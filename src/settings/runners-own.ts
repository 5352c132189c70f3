/**
 * The runner's own tokens and channels, and what it hands to actions (`INPUT_REGISTRY-PASSWORD`): whoever has
 * them can act as the job. All of `ACTIONS_…` is the runner's, and further tokens come there; the two that only switch
 * debugging on are secrets or variables of the user.
 */
const runnersOwn =
  /^(?:ACTIONS_(?!(?:STEP|RUNNER)_DEBUG$).*|GITHUB_(?:ENV|PATH|OUTPUT|STATE|STEP_SUMMARY)|INPUT_.*)$/;

/** Whether a variable of the step may be named nowhere. */
export function isRunnersOwn(name: string): boolean {
  return runnersOwn.test(name);
}

/** A variable of the step by the name that somebody gives; `constructor` is none, though every object has one. */
export function variableOf(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  return Object.hasOwn(environment, name) ? environment[name] : undefined;
}
