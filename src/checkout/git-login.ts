/** Whether a file of a repository's folder, by its path, is one of settings. */
export function mayHaveLogin(path: string): boolean {
  return /(?:^|\/)config(?:\.worktree)?$/.test(path);
}

/**
 * Settings without the login that `actions/checkout` leaves in them unless `persist-credentials` is false, and without the
 * way to the file where its newer versions leave it: the job's token is not the task's. Pure.
 */
export function withoutLogin(config: string): string {
  return config
    .replace(/^[ \t]*extraheader[ \t]*=(?:.*\\\r?\n)*.*(?:\r?\n|$)/gim, "")
    .replace(/^[ \t]*path[ \t]*=.*git-credentials-[^/\n]*\.config.*(?:\r?\n|$)/gim, "");
}
