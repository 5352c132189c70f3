import { ensureInstalled } from "./engine-install.ts";

// The programs that lint and tests start, installed where they are missing. The engine itself is
// brought by whoever needs one.
await ensureInstalled("programs", console.log);
