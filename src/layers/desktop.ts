import { readAsset } from "../assets.ts";
import { textComponent } from "../keys/components.ts";
import { desktopKey } from "../keys/keys.ts";
import { canonicalScript } from "../keys/script.ts";
import type { Script } from "../settings/load.ts";
import type { LayerScript } from "./content.ts";
import type { LayerRule } from "./rule.ts";

/** The headless desktop, by the scripts that ship or the user's own. */
export const desktopRule: LayerRule = {
  name: "desktop",
  title: "desktop image",
  keyDescription: "Key of the desktop layer; empty without one.",
  words: {
    install: "the desktop install script",
    setup: "the desktop setup script",
  },
  async content({ settings, scripts }) {
    if (settings["headless-desktop"] === "false") {
      return undefined;
    }
    const install = scripts["desktop-install-script"];
    const setup = scripts["desktop-setup-script"];
    return {
      name: "desktop",
      title: "the desktop",
      scripts: [
        await desktopScript("install", install, settings["record-desktop"]),
        // a user's own install has no use for our setup: it knows nothing of what was installed
        install !== undefined && setup === undefined
          ? absentSetup
          : await desktopScript("setup", setup),
      ],
      files: [],
      cached: settings["cache-desktop-build"],
      optional: settings["headless-desktop"] === "optional",
    };
  },
  component: (script) => textComponent(script.component, script.text),
  key: (base, _parent, components) => desktopKey(base.variant, components),
};

const absentSetup: LayerScript = {
  component: "setup",
  file: "setup.sh",
  text: "",
  label: "the desktop setup script",
};

async function desktopScript(
  which: "install" | "setup",
  own: Script | undefined,
  recording = false,
): Promise<LayerScript> {
  const shipped = [`desktop/${which}.sh`, ...(recording ? ["desktop/install-record.sh"] : [])];
  const texts = await Promise.all(shipped.map(readAsset));
  return {
    component: which,
    file: `${which}.sh`,
    text: own?.text ?? canonicalScript(texts.join("\n")),
    label: `the desktop ${which} script (${own?.label ?? "the one that ships"})`,
    source: own?.file,
  };
}
