/** The tests' Debian as people make their images: a user who may do everything by sudo. */
import { join } from "node:path";
import { BASE_IMAGE, cacheFolder } from "../../harness/base-image.ts";
import { withLock } from "../../harness/lock.ts";
import { buildImage, imageId } from "./images.ts";

export const SUDO_IMAGE = "agent-runner-test-base-sudo:bookworm";

/** With an ENTRYPOINT, a CMD, a WORKDIR, and a folder that is a volume. Made once an engine. */
export async function ensureSudoImage(): Promise<string> {
  await withLock(join(cacheFolder(), "sudo-base.lock"), async () => {
    if (await imageId(SUDO_IMAGE)) return;
    await buildImage(SUDO_IMAGE, [
      `FROM ${BASE_IMAGE}`,
      "RUN apt-get update && apt-get install --yes --no-install-recommends sudo libcap2-bin",
      "RUN useradd --uid 4321 --user-group --create-home --shell /bin/bash agent",
      "RUN echo 'agent ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/agent",
      "ENV FROM_THE_IMAGE=yes",
      "WORKDIR /opt",
      'ENTRYPOINT ["/bin/echo", "$HOME", "\\"quoted\\""]',
      'CMD ["a word"]',
      "RUN mkdir /data && chown agent /data",
      "VOLUME /data",
      "USER agent",
    ]);
  });
  return SUDO_IMAGE;
}
