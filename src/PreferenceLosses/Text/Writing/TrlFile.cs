using System.Globalization;
using PreferenceLosses.Expressions;

namespace PreferenceLosses.Text;

/// <summary>A loss as a Python file: a subclass of TRL's <c>DPOTrainer</c>, for both of the places where TRL has had its loss.</summary>
internal static class TrlFile
{
    public static string Of(IPreferenceLoss loss)
    {
        CheckFits(loss);
        var function = PyTorchFunction.Of(loss);
        var className = ClassName(function.Name);
        var beta = loss.Parameters.Where(bound => bound.Parameter.Name == "beta").Select(bound => PyTorchNotation.Number(bound.Value)).FirstOrDefault();
        var usage = beta is null ? "DPOConfig(...)" : $"DPOConfig(beta={beta}, ...)";

        return string.Create(CultureInfo.InvariantCulture, $$""""
            """TRL's DPOTrainer with the loss '{{OneLine(loss)}}'.

                trainer = {{className}}(model=..., args={{usage}}, train_dataset=..., processing_class=...)

            TRL 0.5 to 0.28 call dpo_loss, which is overridden here. In TRL 0.29 and later (read up to 1.9) the loss is part of
            compute_loss: TRL's is called for its metrics, and this loss is computed from the same logits; the reference model runs
            once more, unless its log-probabilities are precomputed. Options that choose or change TRL's own loss are refused.
            """

            import inspect

            import torch
            import torch.nn.functional as F
            import trl


            {{function.Code}}

            class {{className}}(trl.DPOTrainer):
                def __init__(self, *args, **kwargs):
                    super().__init__(*args, **kwargs)
                    neutral = {
                        "loss_type": ["sigmoid", ["sigmoid"]], "loss_weights": [None, [1.0]], "label_smoothing": [0], "use_weighting": [False],
                        "rpo_alpha": [None], "ld_alpha": [None], "reference_free": [False], "f_divergence_type": ["reverse_kl"],
                        "use_liger_loss": [None, False], "use_liger_kernel": [None, False],
                    }
                    for option, accepted in neutral.items():
                        value = getattr(self.args, option, accepted[0])
                        if getattr(value, "value", value) not in accepted:
                            raise ValueError(f"{{className}} has its own loss, on which {option}={value!r} has no effect: leave it out")
                    if not hasattr(trl.DPOTrainer, "dpo_loss") and getattr(self, "aux_loss_enabled", False):
                        raise ValueError("{{className}} does not add the router loss of mixture-of-experts models: router_aux_loss_coef=0.0 is needed")

                def dpo_loss(self, chosen_logps, rejected_logps, ref_chosen_logps, ref_rejected_logps, *options, **more_options):
                    losses = {{function.Name}}(self, chosen_logps, rejected_logps, ref_chosen_logps, ref_rejected_logps)
                    chosen_rewards = self.beta * (chosen_logps - ref_chosen_logps).detach()
                    rejected_rewards = self.beta * (rejected_logps - ref_rejected_logps).detach()
                    return losses, chosen_rewards, rejected_rewards

                def compute_loss(self, model, inputs, return_outputs=False, *args, **kwargs):
                    if hasattr(trl.DPOTrainer, "dpo_loss"):
                        return super().compute_loss(model, inputs, return_outputs, *args, **kwargs)

                    _, outputs = super().compute_loss(model, inputs, True, *args, **kwargs)
                    ids, mask = inputs["input_ids"], inputs["completion_mask"]
                    if hasattr(self, "_truncate_inputs"):
                        ids, _, mask = self._truncate_inputs(ids, inputs["attention_mask"], mask)
                    logits, labels, mask = outputs.logits[:, :-1], ids[:, 1:], mask[:, 1:]
                    token_logps = torch.log_softmax(logits.float(), dim=-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)
                    chosen_logps, rejected_logps = torch.where(mask != 0, token_logps, 0.0).sum(-1).chunk(2)
                    if self.precompute_ref_logps:
                        ref_chosen_logps, ref_rejected_logps = inputs["ref_chosen_logps"], inputs["ref_rejected_logps"]
                    else:
                        reference = self.model if self.ref_model is None else self.ref_model
                        takes_model = "model" in inspect.signature(self.compute_ref_log_probs).parameters
                        ref_chosen_logps, ref_rejected_logps = self.compute_ref_log_probs(*([reference] if takes_model else []), inputs)

                    loss = {{function.Name}}(self, chosen_logps, rejected_logps, ref_chosen_logps, ref_rejected_logps).mean()
                    return (loss, outputs) if return_outputs else loss

            """").ReplaceLineEndings("\n");
    }

    private static void CheckFits(IPreferenceLoss loss)
    {
        if (!PairGraph.IsOfPairs(loss.Graph))
        {
            throw new NotSupportedException($"TRL's DPOTrainer trains on pairs, and the loss '{loss.Name}' is not one of pairs.");
        }

        var others = loss.Graph.Inputs.Where(input => input.Shape != Shape.Row || !PairGraph.Columns.Contains(input.Name)).Select(input => input.Name);
        if (others.Any())
        {
            throw new NotSupportedException(
                $"TRL's DPOTrainer gives a loss the four log-probabilities of a pair and nothing else, and the loss '{loss.Name}' also reads {string.Join(", ", others)}.");
        }
    }

    private static string OneLine(IPreferenceLoss loss)
    {
        var name = string.Concat(loss.Name.Select(c => char.IsControl(c) || c is '"' or '\\' ? '_' : c));
        return loss.Parameters.Count == 0 ? name : $"{name} ({loss.Parameters})";
    }

    /// <summary><c>discopop_loss</c> becomes <c>DiscopopTrainer</c>.</summary>
    private static string ClassName(string function) => string.Concat(
        function[..^"_loss".Length].Split('_').Where(part => part.Length > 0).Select(part => char.ToUpperInvariant(part[0]) + part[1..])) + "Trainer";
}
