/**
 * Why a registry did not give what was asked for.
 *
 * - `absent`: 404
 * - `denied`: 401 or 403
 * - `unreachable`: network, TLS, 429, 5xx, or out of time
 * - `invalid`: an answer that is not what it says it is
 */
export type TroubleKind = "absent" | "denied" | "unreachable" | "invalid";

export class RegistryTrouble extends Error {
  readonly kind: TroubleKind;
  /** Whether it may pass by itself. */
  readonly transient: boolean;
  /** Milliseconds the registry asks to wait (`Retry-After`), if it does. */
  readonly retryAfterMs: number | undefined;
  /** No connection came about, and at once: for who is elsewhere, or knows the host better, one may. */
  readonly noConnection: boolean;
  /** That of the registry's answer; undefined where there was none. */
  readonly status: number | undefined;

  constructor(
    kind: TroubleKind,
    message: string,
    {
      transient = false,
      retryAfterMs,
      status,
      noConnection = false,
      cause,
    }: {
      transient?: boolean;
      retryAfterMs?: number | undefined;
      status?: number | undefined;
      noConnection?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause });
    this.kind = kind;
    this.transient = transient;
    this.retryAfterMs = retryAfterMs;
    this.status = status;
    this.noConnection = noConnection;
  }
}
