/** Another way to a registry of the tests': by another address, with TLS, with a certificate asked of who comes. */
import { connect, createServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

export interface Front {
  port: number;
  stop(): Promise<void>;
}

/** Passes all bytes on to `upstream`, `host:port`; with `tls`, takes that off first. */
export async function startFront(
  upstream: string,
  host: string,
  tls?: TlsOptions,
  ownPort = 0,
): Promise<Front> {
  const [address = "", port = ""] = upstream.split(":");
  const open = new Set<Socket>();
  const pass = (incoming: Socket) => {
    const onward = connect(Number(port), address);
    for (const one of [incoming, onward]) {
      open.add(one);
      one.on("error", () => {});
      one.once("close", () => {
        open.delete(one);
        incoming.destroy();
        onward.destroy();
      });
    }
    incoming.pipe(onward).pipe(incoming);
  };
  const server = tls ? createTlsServer(tls, pass) : createServer(pass);
  await new Promise<void>((resolve) => server.listen(ownPort, host, resolve));
  server.unref();
  return {
    port: (server.address() as { port: number }).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const one of open) one.destroy();
      }),
  };
}
