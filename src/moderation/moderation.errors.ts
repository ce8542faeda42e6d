import { declareError } from '../common/domain-error.js';

/** 404: the room has no such report. */
export class ReportNotFound extends declareError(404, 'report_not_found', 'There is no such report.') {}

/** 409: somebody has dealt with it. */
export class ReportResolved extends declareError(409, 'report_resolved', 'The report has been resolved already.') {}

/** 422: a deleted message, or one of the server's own. */
export class NotReportable extends declareError(422, 'not_reportable', 'A deleted message, or one of the system, cannot be reported.') {}
