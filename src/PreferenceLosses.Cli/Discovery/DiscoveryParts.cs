using System.Collections.Immutable;
using Microsoft.Extensions.AI;
using PreferenceLosses.Cli.Json;
using PreferenceLosses.Discovery;

namespace PreferenceLosses.Cli.Discovery;

/// <summary>What a run is made of, from its settings: the domain, the evaluator, the model with what stands around it.</summary>
internal sealed class DiscoveryParts(DiscoverySettings settings, IProgress<string> notes)
{
    private const int ConfirmationSeeds = 8;

    /// <summary>How far the seeds of the confirmation are behind the first of the search: more than any search has.</summary>
    private const ulong AfterTheSearch = 1_000_000;

    public static IObjectiveDomain Domain(DiscoverySettings settings) => settings.Domain == DiscoverySettings.Classification
        ? new ClassificationDomain(new ClassificationOptions().Classes)
        : new PairDomain();

    /// <summary>The task of the domain, or the command that was given.</summary>
    public IObjectiveEvaluator Evaluator() => (settings.Evaluator, settings.Domain) switch
    {
        ([var program, .. var arguments], _) => new ExternalEvaluator(new ExternalEvaluatorOptions(program, arguments)
        {
            Description = settings.EvaluatorDescription ?? "a score; higher is better",
            Version = settings.EvaluatorVersion,
            Timeout = TimeSpan.FromHours(settings.EvaluatorHours),
            MaxAttempts = settings.EvaluatorTries,
            Concurrency = settings.EvaluatorsAtOnce,
            HiddenVariables = settings.KeyVariable is { } key ? [key] : [],
        })
        { Notes = notes },
        (_, DiscoverySettings.Classification) => new ClassificationEvaluator(),
        _ => SentimentEvaluator.OfFilms(new SentimentEvaluatorOptions { MaxThreads = settings.Threads }),
    };

    /// <summary>How the best proposal is measured again: a command is asked once more only with seeds that the search did not use.</summary>
    public ImmutableArray<ConfirmationStage> Confirmation(IObjectiveEvaluator evaluator) => (settings.Confirm, evaluator) switch
    {
        (false, _) => [],
        (_, SentimentEvaluator) => [.. SentimentEvaluator.Confirmation(evaluator).Select(stage => stage with { Seeds = [.. stage.Seeds.Select(seed => seed + (ulong)settings.Seed)] })],
        _ => [new ConfirmationStage("fresh seeds", evaluator, [.. Enumerable.Range(0, ConfirmationSeeds).Select(i => AfterTheSearch + (ulong)settings.Seed + (ulong)i)])],
    };

    /// <summary>The model, which may have been asked before.</summary>
    /// <param name="use">What was used before, by the run that is gone on with.</param>
    /// <param name="folder">The run's folder.</param>
    public IChatClient Model(ModelUse use, DiscoveryFolder folder) => settings.Model switch
    {
        DiscoverySettings.Manual => new ManualChatClient(folder.Questions, use.Replies) { Notes = notes },
        DiscoverySettings.Recorded => new ReplayingChatClient(settings.Recording!, use.Replies),
        _ when settings.IsServer => new RecordingChatClient(Unrecorded(use), folder.Recording),
        _ => Unrecorded(use),
    };

    /// <summary>A model that needs no folder.</summary>
    /// <param name="use">What was used before, by the run that is gone on with.</param>
    public IChatClient Unrecorded(ModelUse use) => settings.Model switch
    {
        DiscoverySettings.Scripted => new ScriptedChatClient(ScriptedRun.Proposals.Select(Reply), use.Replies),
        DiscoverySettings.Random => new RecombinationChatClient(Domain(settings)),
        _ => Server(use),
    };

    /// <summary>A model on a server: each try is within the rate and within the budget.</summary>
    private RetryingChatClient Server(ModelUse use)
    {
        var server = new OpenAICompatibleChatClient(new OpenAICompatibleOptions(new Uri(settings.BaseUrl!), settings.Model)
        {
            KeyVariable = settings.KeyVariable,
            HasJsonMode = settings.JsonMode,
            MaxTokensField = settings.MaxTokensField,
        });
        var limited = new RateLimitedChatClient(server, settings.RequestsPerMinute, settings.TokensPerMinute);
        var budget = new ChatBudget { MaxTokens = settings.MaxTokens, MaxCost = settings.MaxCost, Prices = settings.Prices };
        return new RetryingChatClient(new BudgetedChatClient(limited, budget, settings.ReplyTokens, use)) { Notes = notes };
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
