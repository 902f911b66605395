// A person without a mouse: every step is a key, and where the focus is can be seen.
import { must } from './script.mjs';

const MOST_TABS = 160;

export class Keyboard {
  constructor(page) {
    this.page = page;
  }

  press(...keys) {
    return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve());
  }

  type(words) {
    return this.page.keyboard.type(words);
  }

  /** Walks with Tab to the element with this `data-testid` or name; each stop on the way shows that it has the focus. */
  async to(id, back = false) {
    const passed = [];
    for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
      await this.page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
      const at = await this.page.evaluate(focused, id);
      if (at === null) continue;
      must(at.visible, `the focus on ${at.name} cannot be seen`);
      passed.push(at.name);
      if (at.found) return;
    }
    throw new Error(`Tab never came to ${id}: ${passed.join(', ')}`);
  }

  /** Walks to it and presses it. */
  async act(id) {
    await this.to(id);
    await this.page.keyboard.press('Enter');
  }

  /** Holds a key while something is looked at. */
  async hold(key, look) {
    await this.page.keyboard.down(key);
    try {
      return await look();
    } finally {
      await this.page.keyboard.up(key);
    }
  }
}

/** Runs in the page: what has the focus, whether one sees it, and whether it is what is looked for. */
function focused(id) {
  const element = document.activeElement;
  if (element === null || element === document.body) return null;
  const marked = (one) => {
    const style = getComputedStyle(one);
    const outline = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    return outline || style.boxShadow !== 'none';
  };
  const name = (element.getAttribute('aria-label') ?? element.textContent).trim();
  const box = element.getBoundingClientRect();
  const inSight = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return {
    name: element.dataset.testid ?? `${element.tagName.toLowerCase()} "${name.slice(0, 30)}"`,
    visible: inSight && (marked(element) || (element.parentElement !== null && marked(element.parentElement))),
    found: element.dataset.testid === id || name === id,
  };
}
