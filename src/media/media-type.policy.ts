import type { MediaKind } from './media.entity.js';
import { isImageType } from './decoders/decoders.types.js';

export function kindOf(contentType: string): MediaKind {
  if (isImageType(contentType)) return 'image';
  if (contentType.startsWith('video/')) return 'video';
  return contentType.startsWith('audio/') ? 'audio' : 'file';
}

/** Pictures, films and sounds are shown in their place. All else is saved: in a browser it might run. */
export const dispositionOf = (contentType: string): 'inline' | 'attachment' => (kindOf(contentType) === 'file' ? 'attachment' : 'inline');
