/**
 * pdf.js, loaded when the first deck opens: a deck becomes pages, a page becomes a bitmap of exactly so many pixels.
 * The legacy build runs on the browsers of old school computers. Nothing is evaluated and no WebAssembly is used: the
 * server's Content-Security-Policy allows neither.
 */
import type { PDFDocumentLoadingTask, PDFDocumentProxy } from "pdfjs-dist";

/** Bytes of a range request. */
const CHUNK_BYTES = 256 * 1024;
/** The longest edge of a bitmap: old graphics chips take no larger textures. */
const EDGE_MAX = 4_096;

export interface PagePicture {
  bitmap: ImageBitmap;
  /** Height by width of the page. */
  aspect: number;
  bytes: number;
  free: () => void;
}

/** An open deck. */
export class PdfDeck {
  private constructor(
    private readonly task: PDFDocumentLoadingTask,
    private readonly document: PDFDocumentProxy,
    private readonly end: () => void,
  ) {}

  get pages(): number {
    return this.document.numPages;
  }

  /** Opens the file at `url` by range requests; what nobody waits for is fetched afterwards, so that it is there ahead. */
  static async open(url: string): Promise<PdfDeck> {
    const [pdf, { default: PdfWorker }] = await Promise.all([
      import("pdfjs-dist/legacy/build/pdf.min.mjs"),
      import("pdfjs-dist/legacy/build/pdf.worker.min.mjs?worker"),
    ]);
    const port = new PdfWorker();
    const worker = new pdf.PDFWorker({ port: port as never });
    const files = new URL("/pdfjs/", location.href).href;
    const task = pdf.getDocument({
      url,
      worker,
      withCredentials: true,
      rangeChunkSize: CHUNK_BYTES,
      disableStream: true,
      isEvalSupported: false,
      useWasm: false,
      enableXfa: false,
      cMapUrl: `${files}cmaps/`,
      standardFontDataUrl: `${files}standard_fonts/`,
      wasmUrl: `${files}decoders/`,
    });
    const end = () => {
      worker.destroy();
      port.terminate();
    };
    try {
      return new PdfDeck(task, await task.promise, end);
    } catch (error) {
      void task.destroy();
      end();
      throw error;
    }
  }

  /** Draws a page (from 1) so many device pixels wide. */
  async render(number: number, width_px: number): Promise<PagePicture> {
    const page = await this.document.getPage(number);
    try {
      const plain = page.getViewport({ scale: 1 });
      const scale = Math.min(width_px / plain.width, EDGE_MAX / Math.max(plain.width, plain.height));
      const viewport = page.getViewport({ scale });
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(viewport.width);
      canvas.height = Math.round(viewport.height);
      await page.render({ canvas, viewport, background: "#ffffff" }).promise;
      const bitmap = await createImageBitmap(canvas);
      const { width, height } = canvas;
      // Some browsers keep a canvas's memory until it has no size.
      canvas.width = 0;
      return { bitmap, aspect: plain.height / plain.width, bytes: width * height * 4, free: () => bitmap.close() };
    } finally {
      page.cleanup();
    }
  }

  close(): void {
    void this.task.destroy().finally(this.end);
  }
}
