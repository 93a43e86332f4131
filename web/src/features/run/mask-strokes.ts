/** What was painted on a picture, as strokes that can be taken back, and the mask they make. */
import { computed, reactive, ref } from "vue";

export interface Point {
  x: number;
  y: number;
}

export type Step =
  | { kind: "stroke"; erases: boolean; size: number; points: Point[] }
  | { kind: "all" }
  | { kind: "none" }
  | { kind: "inverted" };

export function useStrokes() {
  const done = reactive<Step[]>([]);
  const undone = ref<Step[]>([]);

  function add(step: Step): void {
    done.push(step);
    undone.value = [];
  }

  function undo(): void {
    const last = done.pop();
    if (last) undone.value = [...undone.value, last];
  }

  function redo(): void {
    const next = undone.value.at(-1);
    if (!next) return;
    undone.value = undone.value.slice(0, -1);
    done.push(next);
  }

  return { done, add, undo, redo, canUndo: computed(() => done.length > 0), canRedo: computed(() => undone.value.length > 0) };
}

/** Draws all steps over what the mask was at first. What is opaque is masked. */
export function draw(context: CanvasRenderingContext2D, before: CanvasImageSource | null, steps: readonly Step[], colour: string): void {
  const { width, height } = context.canvas;
  context.globalCompositeOperation = "source-over";
  context.clearRect(0, 0, width, height);
  if (before) context.drawImage(before, 0, 0);
  for (const step of steps) apply(context, step, colour);
}

function apply(context: CanvasRenderingContext2D, step: Step, colour: string): void {
  const { width, height } = context.canvas;
  context.fillStyle = context.strokeStyle = colour;
  switch (step.kind) {
    case "stroke":
      paint(context, step.points, step.size, step.erases);
      break;
    case "all":
      context.globalCompositeOperation = "source-over";
      context.fillRect(0, 0, width, height);
      break;
    case "none":
      context.clearRect(0, 0, width, height);
      break;
    case "inverted":
      context.globalCompositeOperation = "xor";
      context.fillRect(0, 0, width, height);
      break;
    default:
      step satisfies never;
  }
}

function paint(context: CanvasRenderingContext2D, points: Point[], size: number, erases: boolean): void {
  const [first, ...rest] = points;
  if (!first) return;
  context.globalCompositeOperation = erases ? "destination-out" : "source-over";
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = size;
  context.beginPath();
  context.moveTo(first.x, first.y);
  // A dot is a line that goes nowhere.
  context.lineTo(first.x, first.y);
  for (const point of rest) context.lineTo(point.x, point.y);
  context.stroke();
}

/** A picture whose transparency is the mask: what was painted is clear, as ComfyUI stores masks. */
export function asTransparency(mask: HTMLCanvasElement): HTMLCanvasElement {
  const result = document.createElement("canvas");
  result.width = mask.width;
  result.height = mask.height;
  const context = result.getContext("2d")!;
  context.fillRect(0, 0, result.width, result.height);
  context.globalCompositeOperation = "destination-out";
  context.drawImage(mask, 0, 0);
  return result;
}

/** The mask that a picture's transparency stands for; null when it has none. */
export function maskOf(picture: HTMLImageElement, colour: string): HTMLCanvasElement | null {
  const result = document.createElement("canvas");
  result.width = picture.naturalWidth;
  result.height = picture.naturalHeight;
  const context = result.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(picture, 0, 0);
  const pixels = context.getImageData(0, 0, result.width, result.height).data;
  if (!pixels.some((value, index) => index % 4 === 3 && value < 255)) return null;
  context.fillStyle = colour;
  context.fillRect(0, 0, result.width, result.height);
  const filled = context.getImageData(0, 0, result.width, result.height);
  for (let at = 3; at < pixels.length; at += 4) filled.data[at] = 255 - pixels[at]!;
  context.putImageData(filled, 0, 0);
  return result;
}
