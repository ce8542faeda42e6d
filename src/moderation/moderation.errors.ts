import { declareError } from '../common/domain-error.js';

/** 404: the room has no such report. */
export class ReportNotFound extends declareError(404, 'report_not_found', 'There is no such report.') {}

/** 409: a moderator has resolved the report. */
export class ReportResolved extends declareError(409, 'report_resolved', 'The report is already resolved.') {}

/** 422: a deleted message or a system message. */
export class NotReportable extends declareError(422, 'not_reportable', 'A deleted message or a system message cannot be reported.') {}
