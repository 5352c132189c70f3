import { readAsset } from "../assets.ts";
import type { Content, LayerScript } from "../build/layers.ts";
import { canonicalScript } from "../keys/script.ts";
import type { Job, Script } from "../settings/load.ts";

/** What the job's tasks need beyond the base image, in the order it is installed. */
export async function contentsOf(job: Job): Promise<readonly Content[]> {
  const { settings, scripts } = job;
  const contents: Content[] = [];
  if (settings["headless-desktop"] !== "false") {
    const install = scripts["desktop-install-script"];
    const setup = scripts["desktop-setup-script"];
    contents.push({
      name: "desktop",
      scripts: [
        await desktopScript("install", install),
        // a user's own install has no use for our setup: it knows nothing of what was installed
        install !== undefined && setup === undefined
          ? absentSetup
          : await desktopScript("setup", setup),
      ],
      files: [],
      cached: settings["cache-desktop-build"],
      optional: settings["headless-desktop"] === "optional",
    });
  }
  const preflight = scripts["cached-preflight"];
  if (preflight !== undefined) {
    contents.push({
      name: "env",
      scripts: [
        {
          component: "preflight",
          file: "cached-preflight.sh",
          text: preflight.text,
          label: `the cached preflight (${preflight.label})`,
          source: preflight.file,
        },
      ],
      files: job.cachedFiles,
      cached: settings["cache-container-build"],
      optional: false,
    });
  }
  return contents;
}

const absentSetup: LayerScript = {
  component: "setup",
  file: "setup.sh",
  text: "",
  label: "the desktop setup script",
};

async function desktopScript(
  which: "install" | "setup",
  own: Script | undefined,
): Promise<LayerScript> {
  return {
    component: which,
    file: `${which}.sh`,
    text: own?.text ?? canonicalScript(await readAsset(`desktop/${which}.sh`)),
    label: `the desktop ${which} script (${own?.label ?? "the one that ships"})`,
    source: own?.file,
  };
}
