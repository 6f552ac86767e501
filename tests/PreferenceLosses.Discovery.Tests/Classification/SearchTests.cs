using System.Text.Json;
using PreferenceLosses.Discovery.Tests.Support;

namespace PreferenceLosses.Discovery.Tests.Classification;

/// <summary>The search of losses of pairs, over objectives of classification: the same loop, another domain and another evaluator.</summary>
public class SearchTests
{
    [Fact]
    public async Task The_same_loop_searches_objectives_of_classification()
    {
        string[] bodies =
        [
            "return F.cross_entropy(logits, targets, reduction='none').mean() * torch.ones(7)",      // Refused: another length. The next is its repair.
            "p = F.softmax(logits, dim=1).gather(1, targets.unsqueeze(1)).squeeze(1)\n    return (1 - (p + 1e-6) ** 0.7) / 0.7",
            "return 2 * F.cross_entropy(logits, targets)",      // A duplicate of the first established one.
            "ce = F.cross_entropy(logits, targets, reduction='none')\n    return ce * (1.0 + 0.3 * targets)",
        ];
        var replies = bodies.Select((body, i) => JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["thought"] = "A thought.", ["name"] = $"own_{i}", ["code"] = $"def own(self, logits, targets):\n    {body}\n",
        })).ToArray();

        using var folder = new TemporaryFolder();
        using var model = new ScriptedModel(replies);
        var options = new ClassificationOptions { Epochs = 4 };
        var domain = new ClassificationDomain(options.Classes);
        var run = new DiscoveryRun(domain, new ClassificationEvaluator(options), model, new DiscoveryOptions { MaximumGenerations = 2, SeedRounds = [2] });
        var state = await run.RunAsync(folder.PathOf("run.jsonl"));

        Assert.Equal(2, state.Generations);
        Assert.Equal([.. domain.Established.Select(p => p.Name), "own-1", "own-3"], state.Objectives.Select(o => o.Name));
        Assert.All(state.Objectives, objective => Assert.InRange(objective.Fitness!.Value.Value, 0.2, 1));
        Assert.Contains(domain.Instructions, model.Prompts[0][0].Text, StringComparison.Ordinal);
        Assert.Equal(1, state.Attempts.SelectMany(attempt => attempt.Turns).Count(turn => turn.DuplicateOf == 1));
    }
}
