using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Extensions.AI;
using PreferenceLosses.Cli.Json;
using PreferenceLosses.Discovery;

namespace PreferenceLosses.Cli.Discovery;

/// <summary>From settings to a run: the domain, the evaluator, the model with what stands around it; and the run, to its end.</summary>
internal sealed class DiscoverySession(DiscoveryFolder folder, DiscoverySettings settings, DiscoveryDisplay display, CancellationToken cancellationToken)
{
    public RunState Run()
    {
        var domain = Domain(settings.Domain);
        var evaluator = Evaluator();
        using var held = (IDisposable)evaluator;
        using var model = Model(File.Exists(folder.Archive) ? folder.ReadState() : RunState.Empty);
        var confirmation = evaluator is SentimentEvaluator && settings.Confirm ? SentimentEvaluator.Confirmation(evaluator) : [];
        return new DiscoveryRun(domain, evaluator, model, settings.Options(confirmation)).RunAsync(folder.Archive, display, cancellationToken).GetAwaiter().GetResult();
    }

    public static IObjectiveDomain Domain(string name) => name switch
    {
        "pairs" => new PairDomain(),
        _ => throw CommandException.WrongUsage($"The domain is '{name}'; pairs is accepted."),
    };

    /// <summary>The trainer's task, or the command that was given.</summary>
    private IObjectiveEvaluator Evaluator() => settings.Evaluator.IsEmpty
        ? SentimentEvaluator.OfFilms(new SentimentEvaluatorOptions { MaxThreads = settings.Threads })
        : new ExternalEvaluator(new ExternalEvaluatorOptions(settings.Evaluator[0], settings.Evaluator[1..])
        {
            Description = settings.EvaluatorDescription ?? "a score; higher is better",
            Version = settings.EvaluatorVersion,
            Timeout = TimeSpan.FromHours(settings.EvaluatorHours),
            MaxAttempts = settings.EvaluatorTries,
            Concurrency = settings.EvaluatorsAtOnce,
            HiddenVariables = settings.KeyVariable is { } key ? [key] : [],
        })
        { Notes = display };

    private IChatClient Model(RunState state) => settings.Model switch
    {
        DiscoverySettings.Scripted => new ScriptedChatClient(ScriptedRun.Proposals.Select(Reply), state.Use.Replies),
        DiscoverySettings.Manual => new ManualChatClient(folder.Questions, state.Use.Replies) { Notes = display },
        DiscoverySettings.Recorded => new ReplayingChatClient(settings.Recording!, state.Use.Replies),
        _ => Server(state),
    };

    /// <summary>A model on a server: each try is within the rate, a reply is within the budget, and is written down.</summary>
    private RecordingChatClient Server(RunState state)
    {
        var server = new OpenAICompatibleChatClient(new OpenAICompatibleOptions(new Uri(settings.BaseUrl!), settings.Model)
        {
            KeyVariable = settings.KeyVariable,
            HasJsonMode = settings.JsonMode,
            MaxTokensField = settings.MaxTokensField,
        });
        var limited = new RateLimitedChatClient(server, settings.RequestsPerMinute, settings.TokensPerMinute);
        var retrying = new RetryingChatClient(limited) { Notes = display };
        var budget = new ChatBudget { MaxTokens = settings.MaxTokens, MaxCost = settings.MaxCost, Prices = settings.Prices };
        return new RecordingChatClient(new BudgetedChatClient(retrying, budget, settings.ReplyTokens, state.Use), folder.Recording);
    }

    private static string Reply(Proposal proposal) => JsonText.Line(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("thought", proposal.Thought);
        writer.WriteString("name", proposal.Name);
        writer.WriteString("code", proposal.Code);
        writer.WriteEndObject();
    });
}
