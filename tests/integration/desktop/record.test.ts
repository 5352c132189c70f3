import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../../scripts/shell.ts";
import { act, layer, type Ran, salt } from "../support/act.ts";
import { imageId, removeImages } from "../support/images.ts";
import { color, readPicture, share, whole } from "./picture.ts";
import { builtDesktop, installing, keepPicture, openXterm, screenshotOf } from "./task.ts";

// A desktop that ships is there already, so that of the installation only the recorder is left to be done.
const inputs = {
  "headless-desktop": "true",
  "cache-desktop-build": "true",
  "record-desktop": "true",
  "cache-version": salt(),
  "base-image": "",
};
beforeAll(async () => {
  inputs["base-image"] = (await builtDesktop()).image;
}, installing);

/** The layer's own name, from the first test on. */
let desktop = "";

afterAll(async () => {
  // As a base image, it has a name of the action's, too.
  const id = desktop ? await imageId(desktop) : undefined;
  await removeImages(id ? [`agent-runner-base:${id.slice(7, 23)}`] : []);
});

test("a video that plays, from the start of the task to its end, however it ends", {
  timeout: installing,
}, async () => {
  const plain = await act({ ...inputs, "record-desktop": "false", mode: "plan" });
  const ended = await act({ ...inputs, command: `${openXterm}\nsleep 3` });
  expect(ended.exitCode, ended.stdout).toBe(0);
  expect(ended.transcript).toContain("desktop: recording in /tmp/agents-artifacts/desktop.mp4");
  expect(ended.transcript).not.toContain("had to be killed");
  const { key, source } = layer(ended, "desktop");
  expect(source).toBe("built");
  expect(key).not.toBe(plain.outputs["desktop-key"]);
  // One that has to be killed: the video goes up to its last second.
  const command = `trap '' TERM\n${openXterm}\nsleep 300`;
  const killed = await act({ ...inputs, command, "task-timeout": "0.25" });
  expect(killed.outputs.conclusion).toBe("timeout");
  desktop = `agent-runner-desktop:${key}`;
  for (const [name, result] of Object.entries({ recorded: ended, "recorded-killed": killed })) {
    expect(result.summary).toContain("desktop.mp4");
    expect(await videoOf(result, desktop, name)).toMatchObject({
      streams: [{ codec_name: "h264", width: 1280, height: 800 }],
      frames: expect.toSatisfy((frames: number) => frames >= 25),
    });
    const { width, height } = await readPicture(screenshotOf(result));
    expect([width, height]).toEqual([1280, 800]);
  }
});

test.each([
  ["vp9", ["libx264"]],
  ["mpeg4", ["libx264", "libvpx"]],
])("with an ffmpeg that has no x264: %s", async (codec, hidden) => {
  const result = await act({
    "base-image": desktop,
    "headless-desktop": "true",
    "record-desktop": "true",
    // Everything is installed; this takes the place of the configuration, which is there, too.
    "desktop-setup-script": [
      "cat >/usr/local/bin/ffmpeg <<'END'",
      "#!/bin/sh",
      'case " $* " in',
      `  *' -encoders '*) /usr/bin/ffmpeg "$@" | grep -v ${hidden.map((one) => `-e ${one}`).join(" ")} ;;`,
      '  *) exec /usr/bin/ffmpeg "$@" ;;',
      "esac",
      "END",
      "chmod 755 /usr/local/bin/ffmpeg",
    ].join("\n"),
    command: `${openXterm}\nsleep 3`,
  });
  expect(result.exitCode, result.stdout).toBe(0);
  expect(result.transcript).not.toContain("had to be killed");
  expect(await videoOf(result, desktop, `recorded-${codec}`)).toMatchObject({
    streams: [{ codec_name: codec, width: 1280, height: 800 }],
    frames: expect.toSatisfy((frames: number) => frames >= 25),
  });
});

/** What ffprobe says of the video after it has decoded every frame; one of them is kept as a picture. */
async function videoOf(result: Ran, image: string, name: string): Promise<unknown> {
  const folder = result.outputs["artifacts-path"] ?? "";
  const video = await readFile(join(folder, "desktop.mp4"));
  expect(video.toString("latin1", 4, 8)).toBe("ftyp");
  expect(video.includes("moov")).toBe(true);
  const mount = `--mount=type=bind,source=${folder},target=/video`;
  const container = ["run", "--rm", "--pull=never", "--network=none", mount, "--entrypoint="];
  const within = (...argv: string[]) => run("docker", [...container, image, ...argv]);
  const probed = await within(
    ...["ffprobe", "-v", "error", "-count_frames", "-of", "json"],
    ...["-show_entries", "stream=codec_name,width,height,nb_read_frames", "/video/desktop.mp4"],
  );
  await within(
    ...["ffmpeg", "-v", "error", "-i", "/video/desktop.mp4"],
    ...["-vf", "select=gte(n\\,20)", "-frames:v", "1", "/video/frame.png"],
  );
  await keepPicture(join(folder, "frame.png"), name);
  const frame = await readPicture(join(folder, "frame.png"));
  // The terminals' ground, through the codec.
  expect(share(frame, whole(frame), color("#10151f"), 12)).toBeGreaterThan(0.3);
  const { streams } = JSON.parse(probed) as { streams: { nb_read_frames: string }[] };
  return { streams, frames: Number(streams[0]?.nb_read_frames) };
}
