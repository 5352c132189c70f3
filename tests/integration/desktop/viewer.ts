/** Two ways to look at a desktop from outside: by hand through noVNC's WebSocket, and with a browser. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { endProcess, which } from "../../../scripts/shell.ts";
import { jobFolder } from "../../harness/runner-env.ts";

/** What the VNC server behind noVNC says first, after a WebSocket handshake that asks for a subprotocol. */
export async function rfbGreeting(
  address: string,
): Promise<{ protocol: string; greeting: string; security: number[] }> {
  const socket = new WebSocket(`ws://${address}/websockify`, ["binary"]);
  socket.binaryType = "arraybuffer";
  const received: Buffer[] = [];
  const bytes = () => Buffer.concat(received);
  try {
    const ended = new Promise<never>((_, reject) => {
      const fail = (what: string) => reject(new Error(`${what} after ${bytes().toString("hex")}`));
      socket.addEventListener("error", () => fail("the WebSocket failed"));
      socket.addEventListener("close", () => fail("the WebSocket was closed"));
      setTimeout(fail, 10_000, "10 s passed").unref();
    });
    ended.catch(() => {}); // closing comes after everybody has gone
    const more = async (length: number) => {
      while (bytes().length < length) {
        const next = once(socket, "message") as Promise<[{ data: ArrayBuffer }]>;
        const [message] = await Promise.race([next, ended]);
        received.push(Buffer.from(message.data));
      }
      return bytes();
    };
    const greeting = (await more(12)).toString("latin1", 0, 12);
    socket.send(Buffer.from(greeting));
    const count = (await more(13))[12] ?? 0;
    const security = [...(await more(13 + count)).subarray(13, 13 + count)];
    return { protocol: socket.protocol, greeting, security };
  } finally {
    socket.close();
  }
}

export interface Page {
  /** Loads a page until this is true of it: once more where another container has come to the network meanwhile. */
  open(url: string, ready: string): Promise<void>;
  /** The value of an expression in the page; a promise is awaited. */
  evaluate<T>(expression: string): Promise<T>;
  /** Evaluates until the value is true. Throws after three minutes, with the last one and what failed in the page. */
  until(expression: string): Promise<void>;
  type(text: string): Promise<void>;
  /** PNG */
  screenshot(): Promise<Buffer>;
}

/** A Chromium without a screen, whose pages may reach this machine and nothing else. */
export async function withBrowser<T>(body: (page: Page) => Promise<T>): Promise<T> {
  const program = ["chromium", "chromium-browser", "google-chrome"].find((name) => which(name));
  if (program === undefined) throw new Error("no chromium: install Debian's package chromium");
  const profile = await mkdtemp(join(await jobFolder(), "chromium-"));
  const argv = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--remote-debugging-port=0",
    `--user-data-dir=${profile}`,
    "--window-size=1300,900",
    "about:blank",
  ];
  const browser = spawn(program, argv, { stdio: ["ignore", "ignore", "pipe"] });
  try {
    const said: string[] = [];
    const endpoint = await new Promise<string>((resolve, reject) => {
      createInterface({ input: browser.stderr }).on("line", (line) => {
        said.push(line);
        const url = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
        if (url !== undefined) resolve(url);
      });
      browser.once("error", reject);
      browser.once("exit", (code) =>
        reject(new Error(`${program} ended with ${code}:\n${said.join("\n")}`)),
      );
    });
    return await body(await openPage(endpoint));
  } finally {
    if (browser.pid !== undefined) await endProcess(browser.pid, 5_000);
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

type Send = <T = unknown>(method: string, params?: object) => Promise<T>;

/** A new page, by Chromium's own protocol. */
async function openPage(endpoint: string): Promise<Page> {
  const socket = new WebSocket(endpoint);
  await once(socket, "open");
  const waiting = new Map<number, (answer: Answer) => void>();
  const failures: string[] = [];
  socket.addEventListener("message", ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer;
    waiting.get(answer.id ?? -1)?.(answer);
    if (
      /^(?:Network\.loadingFailed|Runtime\.exceptionThrown|Log\.entryAdded)$/.test(
        answer.method ?? "",
      )
    ) {
      failures.push(String(data));
    }
  });
  let last = 0;
  let sessionId: string | undefined;
  const send: Send = async <T>(method: string, params: object = {}) => {
    const id = ++last;
    const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) }));
    const { error, result } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result as T;
  };
  const { targetId } = await send<{ targetId: string }>("Target.createTarget", {
    url: "about:blank",
  });
  ({ sessionId } = await send<{ sessionId: string }>("Target.attachToTarget", {
    targetId,
    flatten: true,
  }));
  for (const domain of ["Network", "Runtime", "Log"]) await send(`${domain}.enable`);
  return pageOf(send, failures);
}

interface Answer {
  id?: number;
  method?: string;
  result?: unknown;
  error?: { message: string };
}

interface Evaluated<T> {
  result: { value: T };
  exceptionDetails?: { text: string; exception?: { description?: string } };
}

function pageOf(send: Send, failures: string[]): Page {
  const evaluate = async <T>(expression: string) => {
    const options = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = await send<Evaluated<T>>("Runtime.evaluate", options);
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  };
  /** Whether it became true; false as soon as there is a reason to give up. Throws after three minutes. */
  const becomes = async (expression: string, inVain = () => false) => {
    // a browser loads for more than a minute where desktops are being installed beside it
    const deadline = Date.now() + 180_000;
    for (;;) {
      // A page that is just being loaded has no answer yet.
      const value = await evaluate(expression).catch((error) => String(error));
      if (value === true) return true;
      if (inVain()) return false;
      if (Date.now() > deadline) {
        throw new Error([`${expression} is ${value}`, ...failures].join("\n"));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return {
    open: async (url, ready) => {
      // Chromium then drops what it is loading, scripts of the page among it.
      const changed = () => failures.some((text) => text.includes("ERR_NETWORK_CHANGED"));
      do {
        failures.length = 0;
        await send("Page.navigate", { url });
      } while (!(await becomes(ready, changed)));
    },
    evaluate,
    until: async (expression) => void (await becomes(expression)),
    type: async (text) => {
      for (const key of text) {
        const enter = key === "\n";
        const code = enter ? "Enter" : `Key${key.toUpperCase()}`;
        const event = { key: enter ? "Enter" : key, code, ...(enter ? {} : { text: key }) };
        await send("Input.dispatchKeyEvent", { type: "keyDown", ...event });
        await send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
      }
    },
    screenshot: async () => {
      const { data } = await send<{ data: string }>("Page.captureScreenshot", { format: "png" });
      return Buffer.from(data, "base64");
    },
  };
}
