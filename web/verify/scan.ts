// Codes from the camera, or from a picture of one.

import { PREFIX, partOf } from "./code.ts";
import type { Said } from "./said.ts";

/// The longest side of a picture in which codes are looked for; what a telephone takes is much larger.
const SIDE_MAX = 2000;

interface Detector {
  detect(source: ImageBitmap | HTMLCanvasElement | HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
type Detectors = { new (options: { formats: string[] }): Detector; getSupportedFormats?(): Promise<string[]> };

/// What reads codes: the browser itself, or what is loaded for it.
async function detector(): Promise<Detector> {
  const options = { formats: ["qr_code"] };
  const own = (globalThis as { BarcodeDetector?: Detectors }).BarcodeDetector;
  const formats = await own?.getSupportedFormats?.();
  if (own && formats?.includes("qr_code")) return new own(options);
  // Beside this script; it is not looked for when this one is made.
  const beside = "/assets/decode.js";
  const { BarcodeDetector } = (await import(beside)) as { BarcodeDetector: Detectors };
  return new BarcodeDetector(options);
}

/// The parts that are in the box, and which are still to come.
class Found {
  #count = 1;
  readonly #parts = new Set<number>();

  constructor(
    readonly box: HTMLTextAreaElement,
    readonly said: Said,
    readonly tell: (words: string) => void,
  ) {}

  /// Takes what was read; gives whether everything is there.
  async take(text: string): Promise<boolean> {
    if (!text.startsWith(PREFIX) || this.box.value.includes(text)) return false;
    const part = await partOf(text).catch(() => undefined);
    if (!part) {
      this.#put(text, true);
      this.tell(this.said.words("scan-read"));
      return true;
    }
    // A part of another permit begins anew: what is there already is told apart by the check.
    if (part.count !== this.#count || this.#parts.has(part.number)) this.#parts.clear();
    this.#put(text, this.#parts.size === 0);
    this.#parts.add(part.number);
    this.#count = part.count;
    const all = this.#parts.size === part.count;
    const told = { number: String(part.number), count: String(part.count) };
    this.tell(this.said.words(all ? "scan-read" : "scan-part", told));
    return all;
  }

  #put(text: string, alone: boolean): void {
    this.box.value = alone ? text : `${this.box.value.trimEnd()}\n${text}`;
  }
}

/// Offers the camera and pictures; `done` is called with every code in the box.
export function scanning(box: HTMLTextAreaElement, said: Said, done: () => void): void {
  const place = document.getElementById("scan");
  const [begin, stop] = [place?.querySelector<HTMLButtonElement>("[data-scan=begin]"), place?.querySelector<HTMLButtonElement>("[data-scan=stop]")];
  const [video, picture] = [place?.querySelector("video"), place?.querySelector<HTMLInputElement>("input[type=file]")];
  const state = place?.querySelector("[role=status]");
  if (!place || !begin || !stop || !video || !picture || !state) return;
  const tell = (words: string) => (state.textContent = words);
  const found = new Found(box, said, tell);
  place.hidden = false;

  let stream: MediaStream | undefined;
  const end = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = undefined;
    video.srcObject = null;
    [video.hidden, stop.hidden, begin.hidden] = [true, true, false];
  };

  begin.addEventListener("click", async () => {
    try {
      const [reader, opened] = await Promise.all([
        detector(),
        navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 } } }),
      ]);
      stream = opened;
      video.srcObject = opened;
      [video.hidden, stop.hidden, begin.hidden] = [false, false, true];
      tell(said.words("scan-look"));
      await video.play();
      const look = async () => {
        if (stream !== opened) return;
        for (const { rawValue } of await reader.detect(shot(video)).catch(() => [])) {
          if (stream === opened && (await found.take(rawValue))) {
            end();
            done();
            return;
          }
        }
        setTimeout(look, 100);
      };
      await look();
    } catch {
      end();
      tell(said.words("scan-refused"));
    }
  });
  stop.addEventListener("click", () => {
    end();
    tell("");
  });
  addEventListener("pagehide", end);

  picture.addEventListener("change", async () => {
    let [all, any] = [false, false];
    try {
      const reader = await detector();
      for (const file of picture.files ?? []) {
        for (const { rawValue } of await reader.detect(shot(await createImageBitmap(file)))) {
          any ||= rawValue.startsWith(PREFIX);
          all = (await found.take(rawValue)) || all;
        }
      }
    } catch {
      any = false;
    }
    picture.value = "";
    if (!any) tell(said.words("scan-none"));
    else if (all) done();
  });
}

/// A still picture of no more than is needed.
function shot(source: HTMLVideoElement | ImageBitmap): HTMLCanvasElement {
  const [width, height] = source instanceof HTMLVideoElement ? [source.videoWidth, source.videoHeight] : [source.width, source.height];
  const scale = Math.min(1, SIDE_MAX / Math.max(width, height, 1));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  canvas.getContext("2d", { willReadFrequently: true })?.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}
