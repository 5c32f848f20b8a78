// Files as people attach them: drawn or written here, and nothing is wrong with them.

import { phone } from './browser.mjs';

/** A picture as a phone makes it: drawn by the browser, as JPEG. */
export async function photo(browser, name, text) {
  const context = await phone(browser, { viewport: { width: 800, height: 600 } });
  const page = await context.newPage();
  await page.setContent(`<body style="margin:0;background:linear-gradient(#456,#ca8);font:48px sans-serif;color:#fff">${text}</body>`);
  const buffer = await page.screenshot({ type: 'jpeg', quality: 80 });
  await context.close();
  return { name, mimeType: 'image/jpeg', buffer };
}

/** A document of one empty page. */
export function pdf(name) {
  const parts = [
    '<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>',
  ];
  let text = '%PDF-1.4\n';
  const places = parts.map((p, n) => {
    const place = text.length;
    text += `${n + 1} 0 obj\n${p}\nendobj\n`;
    return place;
  });
  const xref = text.length;
  const lines = places.map((p) => `${String(p).padStart(10, '0')} 00000 n \n`).join('');
  text += `xref\n0 4\n0000000000 65535 f \n${lines}trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n${xref}\n%%EOF\n`;
  return { name, mimeType: 'application/pdf', buffer: Buffer.from(text, 'latin1') };
}
