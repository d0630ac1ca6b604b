/* Drawing in the units of the mathematics. */

const kept = new Map();

/** A canvas of this size in pixels and its pixels, kept from frame to frame. */
function pixelsOf(width, height) {
  const name = `${width} ${height}`;
  if (!kept.has(name)) {
    if (kept.size > 8) kept.clear(); // sizes of a window that was dragged
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const image = new ImageData(width, height);
    kept.set(name, { canvas, image, pixels: new Uint32Array(image.data.buffer) });
  }
  return kept.get(name);
}

/** A colour "#rrggbb" as the pixel of an image, whose bytes are red, green, blue and how opaque. */
function pixelOf(colour) {
  const bytes = [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16));
  return new Uint32Array(new Uint8Array([...bytes, 255]).buffer)[0];
}

/** A rectangle of the canvas with its own axes: [x0, x1] across, [y0, y1] upwards. */
export class Panel {
  constructor(context, colours, { left, top, width, height, x, y }) {
    Object.assign(this, { context, colours, left, top, width, height, x, y });
  }

  across(x) {
    return this.left + ((x - this.x[0]) / (this.x[1] - this.x[0])) * this.width;
  }

  up(y) {
    return this.top + this.height * (1 - (y - this.y[0]) / (this.y[1] - this.y[0]));
  }

  placeAt(pixel) {
    return this.x[0] + ((pixel - this.left) / this.width) * (this.x[1] - this.x[0]);
  }

  valueAt(pixel) {
    return this.y[0] + (1 - (pixel - this.top) / this.height) * (this.y[1] - this.y[0]);
  }

  /** Chains as small squares, in layers [put, colour] of which later ones lie above; put(k) gives the place of chain k, or
      null. They are set as pixels: a canvas that draws thousands of rectangles drops frames where there is no graphics card. */
  dots(n, layers, size = 2) {
    const { context } = this;
    const ratio = context.getTransform().a;
    const side = Math.max(1, Math.round(size * ratio));
    const [left, top] = [Math.round(this.left * ratio) - side, Math.round(this.top * ratio) - side];
    const { canvas, image, pixels } = pixelsOf(Math.round(this.width * ratio) + 2 * side, Math.round(this.height * ratio) + 2 * side);
    const { width, height } = image;
    pixels.fill(0);
    for (const [put, colour] of layers) {
      const ink = pixelOf(colour);
      for (let k = 0; k < n; k += 1) {
        const place = put(k);
        if (!place) continue;
        const x = Math.round(this.across(place[0]) * ratio - side / 2) - left;
        const y = Math.round(this.up(place[1]) * ratio - side / 2) - top;
        if (!(x >= 0 && y >= 0 && x + side <= width && y + side <= height)) continue;
        for (let row = 0, at = y * width + x; row < side; row += 1, at += width) {
          for (let column = 0; column < side; column += 1) pixels[at + column] = ink;
        }
      }
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(canvas, left / ratio, top / ratio, width / ratio, height / ratio);
  }

  /** Squares that a hand can take. */
  knobs(xs, ys, colour, size = 9) {
    this.context.fillStyle = colour;
    xs.forEach((x, k) => this.context.fillRect(this.across(x) - size / 2, this.up(ys[k]) - size / 2, size, size));
  }

  /** A line through points; with `dash` a broken one. */
  line(xs, ys, colour, { width = 2, dash = [] } = {}) {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(this.left, this.top, this.width, this.height);
    context.clip();
    context.beginPath();
    for (let k = 0; k < xs.length; k += 1) context.lineTo(this.across(xs[k]), this.up(ys[k]));
    Object.assign(context, { strokeStyle: colour, lineWidth: width, lineJoin: "round" });
    context.setLineDash(dash);
    context.stroke();
    context.restore();
  }

  /** Bars of equal width that fill the panel. */
  bars(heights, colour) {
    const { context } = this;
    const width = this.width / heights.length;
    context.fillStyle = colour;
    heights.forEach((height, k) => {
      const top = Math.max(this.top, this.up(height));
      context.fillRect(this.left + k * width, top, width + 0.3, this.up(this.y[0]) - top);
    });
  }

  /** The outline of a histogram: a level for each of the equal bins that fill the panel. */
  levels(heights, colour, width = 1.5) {
    const step = (this.x[1] - this.x[0]) / heights.length;
    const xs = [];
    const ys = [];
    heights.forEach((height, k) => {
      xs.push(this.x[0] + k * step, this.x[0] + (k + 1) * step);
      ys.push(height, height);
    });
    this.line(xs, ys, colour, { width });
  }

  /** The axis below: a rule, a few round numbers, and its name at the right end. */
  axis(name, { values = true } = {}) {
    const { context, colours } = this;
    const base = this.top + this.height;
    Object.assign(context, { fillStyle: colours.muted, textBaseline: "top", textAlign: "center" });
    context.fillRect(this.left, base, this.width, 1);
    const [low, high] = this.x;
    const free = this.left + this.width - context.measureText(name).width - 16; // the name needs the rest
    const rough = (high - low) / Math.max(3, this.width / 110);
    const unit = 10 ** Math.floor(Math.log10(rough));
    const step = unit * [1, 2, 5, 10].find((factor) => factor * unit >= rough);
    for (let k = Math.ceil(low / step); values && k * step <= high + 1e-9; k += 1) {
      const x = this.across(k * step);
      context.fillRect(x, base, 1, 4);
      if (x < free) context.fillText(String(Number((k * step).toPrecision(6))).replace("-", "\u2212"), x, base + 6);
    }
    context.textAlign = "right";
    context.fillText(name, this.left + this.width, base + 6);
  }

  /** Words beside the places where the eye looks for them: [text, colour], from the left or the right end, one a line. */
  words(lines, { align = "left", top = 4 } = {}) {
    const { context } = this;
    Object.assign(context, { textAlign: align, textBaseline: "top" });
    const x = align === "left" ? this.left + 4 : this.left + this.width - 4;
    lines.forEach(([text, colour], k) => {
      context.fillStyle = colour;
      context.fillText(text, x, this.top + top + 18 * k);
    });
  }
}
