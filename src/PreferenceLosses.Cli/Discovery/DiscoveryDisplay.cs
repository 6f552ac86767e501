using System.Globalization;
using PreferenceLosses.Discovery;

namespace PreferenceLosses.Cli.Discovery;

/// <summary>How far a run is: a line for each event that a person wants to know of. What a model wrote is cleaned before it reaches the terminal.</summary>
internal sealed class DiscoveryDisplay(TextWriter output) : IProgress<DiscoveryProgress>, IProgress<string>, IProgress<(string Arm, int Repetition, DiscoveryProgress Progress)>
{
    private const int Longest = 300;

    private readonly Lock gate = new();

    public void Report(DiscoveryProgress value)
    {
        if (Text(value.Event, value.State) is { } text)
        {
            Say(text);
        }
    }

    void IProgress<string>.Report(string value) => Say(value);

    void IProgress<(string Arm, int Repetition, DiscoveryProgress Progress)>.Report((string Arm, int Repetition, DiscoveryProgress Progress) value)
    {
        if (Text(value.Progress.Event, value.Progress.State) is { } text)
        {
            Say(string.Create(CultureInfo.InvariantCulture, $"{value.Arm}, repetition {value.Repetition + 1}: {text}"));
        }
    }

    private void Say(string text)
    {
        lock (gate)
        {
            output.Write(UntrustedText.Line(text, Longest) + "\n");
            output.Flush();
        }
    }

    private static string? Text(DiscoveryEvent one, RunState state) => one switch
    {
        ReplyReceived reply => string.Create(CultureInfo.InvariantCulture, $"attempt {reply.Attempt}: the model replied{Use(reply)}"),
        ObjectiveAccepted { Attempt: not null } accepted => string.Create(CultureInfo.InvariantCulture, $"objective {accepted.Number}, {accepted.Name}, is valid; training with it"),
        ProposalRejected rejected => string.Create(CultureInfo.InvariantCulture, $"attempt {rejected.Attempt}: refused: {rejected.Findings.FirstOrDefault(finding => finding.IsError)?.Message}"),
        DuplicateProposed duplicate => string.Create(CultureInfo.InvariantCulture, $"attempt {duplicate.Attempt}: objective {duplicate.Of} again"),
        ObjectiveSettled settled => string.Create(CultureInfo.InvariantCulture, $"objective {settled.Number}, {state.Objective(settled.Number)!.Name}: {settled.Feedback}"),
        RunStopped stopped => $"the search ends: {stopped.Message}",
        ObjectiveConfirmed confirmed => string.Create(CultureInfo.InvariantCulture, $"confirmation of {confirmed.Number}, {confirmed.Stage}: {confirmed.Result}"),
        _ => null,
    };

    private static string Use(ReplyReceived reply) => reply is { InputTokens: { } input, OutputTokens: { } output }
        ? string.Create(CultureInfo.InvariantCulture, $", {input} + {output} tokens{(reply.Cost is { } cost ? $", {cost:0.####}" : "")}")
        : "";
}
