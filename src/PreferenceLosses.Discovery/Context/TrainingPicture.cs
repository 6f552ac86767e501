using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.AI;
using PreferenceLosses.Charts;

namespace PreferenceLosses.Discovery;

/// <summary>
/// The curves of an objective's training with its first seed, beside those of the baseline, as a picture for models that take pictures. After Lu et al. 2024
/// (arXiv 2406.08414), appendix D.4.
/// </summary>
/// <remarks>Both objectives are settled where a picture is asked for, so it is the same whenever it is drawn: it is not kept.</remarks>
internal static class TrainingPicture
{
    private const string MediaType = "image/png";
    private const int MostPanels = 4;
    private const int LongestName = 60;

    /// <summary>Whether there is anything to draw.</summary>
    public static bool Exists(ScoredObjective one) => !Curves(one).IsEmpty;

    /// <summary>What the picture shows, a line for each panel: it has no text of its own.</summary>
    public static string Legend(RunState state, ScoredObjective one)
    {
        var text = new StringBuilder(string.Create(
            CultureInfo.InvariantCulture,
            $"The picture shows its training (first seed): this objective is orange, objective {state.Objectives[0].Number} blue. Steps go from left to right. From the top down:\n"));
        foreach (var curve in Curves(one))
        {
            var panel = Panel(state, curve);
            text.Append(
                CultureInfo.InvariantCulture,
                $"- {UntrustedText.Quoted(curve.Name, LongestName)}: the marks from the left are steps {Numbers(panel.XTicks)}, those from below are {Numbers(panel.YTicks)}\n");
        }

        return text.ToString();
    }

    /// <summary>A message as it is sent, with its picture if it has one.</summary>
    public static ChatMessage Sent(RunState state, PromptMessage message)
    {
        var role = new ChatRole(message.Role);
        return message.Picture is { } number
            ? new ChatMessage(role, [new TextContent(message.Text), new DataContent(Draw(state, state.Objective(number)!), MediaType)])
            : new ChatMessage(role, message.Text);
    }

    private static byte[] Draw(RunState state, ScoredObjective one) => new CurvePicture([.. Curves(one).Select(curve => Panel(state, curve))]).ToPng();

    /// <summary>The first curves, a panel for each; what there is more of is not in the picture.</summary>
    private static ImmutableArray<TrainingCurve> Curves(ScoredObjective one) =>
        one.Scores is [{ Curves: var curves }, ..] ? [.. curves.Where(curve => !curve.Values.IsEmpty).Take(MostPanels)] : [];

    /// <summary>The baseline's curve of the same name, then the objective's, which is drawn over it.</summary>
    private static CurvePanel Panel(RunState state, TrainingCurve curve)
    {
        var baseline = state.Objectives[0].Scores is [{ Curves: var curves }, ..] ? curves.FirstOrDefault(other => other.Name == curve.Name) : null;
        return new CurvePanel(Series(baseline), Series(curve));
    }

    private static Series Series(TrainingCurve? curve) =>
        curve is null ? new Series("") : Charts.Series.Of("", curve.Steps.Select(step => (double)step).ToArray(), curve.Values.AsSpan());

    private static string Numbers(IEnumerable<double> values) => string.Join(", ", values.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
}
