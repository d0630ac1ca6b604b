/* Drawing in the units of the mathematics. */

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

  /** Chains as small squares; put(k) gives the place of chain k, or what it returned before. */
  dots(n, put, colour, size = 2) {
    const { context } = this;
    context.fillStyle = colour;
    for (let k = 0; k < n; k += 1) {
      const place = put(k);
      if (place) context.fillRect(this.across(place[0]) - size / 2, this.up(place[1]) - size / 2, size, size);
    }
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
