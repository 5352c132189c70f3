/**
 * A real remote BuildKit. Every dockerd has one built in, and offers it on its own socket: `POST /grpc` with an
 * upgrade to `h2c`. This listener does that upgrade for each connection and passes the bytes on, so that
 * `docker buildx create --driver remote` can use it as it would use a buildkitd somewhere else.
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface BuildKitProxy {
  /** For `docker buildx create --driver remote`. */
  endpoint: string;
  /** How many connections there were; nobody has built here while it is 0. */
  connections(): number;
  stop(): Promise<void>;
}

/** @param host the engine's socket, `unix:///…`; it needs the containerd image store, the classic one cannot export */
export async function startBuildKitProxy(host: string): Promise<BuildKitProxy> {
  const open = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    connections += 1;
    const engine = connect(host.replace(/^unix:\/\//, ""));
    for (const [socket, other] of [
      [client, engine],
      [engine, client],
    ] as const) {
      open.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        open.delete(socket);
        other.destroy();
      });
    }
    client.pause();
    upgrade(engine).then(
      () => {
        client.pipe(engine);
        engine.pipe(client);
      },
      () => client.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** Speaks HTTP until the engine agrees to speak HTTP/2; what it sent right behind its answer is kept. */
function upgrade(engine: Socket): Promise<void> {
  engine.write(
    "POST /grpc HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n",
  );
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const read = (chunk: Buffer) => {
      answer = Buffer.concat([answer, chunk]);
      const end = answer.indexOf("\r\n\r\n");
      if (end < 0) return;
      engine.off("data", read);
      engine.pause();
      if (!answer.toString("latin1").startsWith("HTTP/1.1 101 ")) {
        reject(new Error(`the engine offers no BuildKit: ${answer.toString("latin1", 0, end)}`));
        return;
      }
      if (answer.length > end + 4) engine.unshift(answer.subarray(end + 4));
      resolve();
    };
    engine.on("data", read);
    engine.once("close", () => reject(new Error("the engine hung up")));
  });
}
