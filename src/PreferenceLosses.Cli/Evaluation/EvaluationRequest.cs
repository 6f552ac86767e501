using System.Text.Json;
using PreferenceLosses.Losses;

namespace PreferenceLosses.Cli.Evaluation;

/// <summary>One evaluation: a loss and an input, and how to compute.</summary>
internal sealed record EvaluationRequest(PreferenceLoss Loss, Precision Precision, SingleRow SingleRow, JsonElement Input);
